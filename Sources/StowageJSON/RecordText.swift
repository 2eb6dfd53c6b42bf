internal import Stowage

/// The text of one record in the file.
enum RecordText {
    /// The depth of a record in the file: `{ "sessions": [ record`.
    private static let level = 2

    /// A new record: its fields in schema order, one a line.
    static func new(_ row: Row, of collection: CollectionSchema) throws -> [UInt8] {
        var writer = Members(style: .pretty)
        writer.append(try fields(row, of: collection, except: []), style: .pretty)
        for (key, value) in try unknown(row) { writer.append(key: key, value: try render(value, .pretty)) }
        return writer.finish()
    }

    /// A changed record: what did not change keeps its bytes, its order and its layout, so that a diff shows the change.
    ///
    /// - Parameter id: The id that the record had from its place in a map, when its own text may lack it.
    static func edit(
        _ old: [UInt8],
        to row: Row,
        of collection: CollectionSchema,
        id: String? = nil
    ) throws -> [UInt8] {
        let before = try old.withUnsafeBufferPointer { buffer in
            var scanner = JSONScanner(buffer)
            return try RowJSON.row(&scanner, of: collection, id: id)
        }
        if id == nil, before.isIdentical(to: row) { return old }
        let parts = try Parts(old)
        var wanted = try unknown(row)
        var present: Set<Int> = []
        var writer = Members(style: parts.style)
        for member in parts.members {
            if let position = collection.position(of: member.key) {
                present.insert(position)
                let value = row.values[position]
                if before.values[position].isIdentical(to: value) {
                    // Null stands for nil in files of others: it stays as it was.
                    writer.append(raw: old[member.whole])
                } else if !value.isNull {
                    writer.append(raw: old[member.keyAndColon], try render(value, parts.style))
                }
            } else if let index = wanted.firstIndex(where: { $0.key.utf8.elementsEqual(member.key.utf8) }) {
                let (_, value) = wanted.remove(at: index)
                let same = try old[member.value].withUnsafeBufferPointer { try FieldJSON.compactText($0) }
                if case .json(let text) = value, text.utf8.elementsEqual(same.utf8) {
                    writer.append(raw: old[member.whole])
                } else {
                    writer.append(raw: old[member.keyAndColon], try render(value, parts.style))
                }
            }
        }
        writer.append(try fields(row, of: collection, except: present), style: parts.style)
        for (key, value) in wanted { writer.append(key: key, value: try render(value, parts.style)) }
        return writer.finish()
    }

    /// A record with some members renamed, removed and set; what is not named keeps its bytes, its order and its layout.
    ///
    /// - Parameters:
    ///   - renaming: From the old key to the new one.
    ///   - setting: New values of members, by the new keys; those that are not there go last.
    static func changing(
        _ old: [UInt8],
        renaming: (from: String, to: String)? = nil,
        removing: String? = nil,
        setting: [(key: String, value: Value)] = []
    ) throws -> [UInt8] {
        let parts = try Parts(old)
        var wanted = setting
        var writer = Members(style: parts.style)
        for member in parts.members {
            if let removing, TextOrder.equal(removing, member.key) { continue }
            var key = Array(old[member.keyAndColon])
            var name = member.key
            if let renaming, TextOrder.equal(renaming.from, member.key) {
                name = renaming.to
                key = []
                JSONWriter.append(name, to: &key)
                key += parts.style.colon
            }
            if let index = wanted.firstIndex(where: { TextOrder.equal($0.key, name) }) {
                writer.append(raw: key, try render(wanted.remove(at: index).value, parts.style))
            } else {
                writer.append(raw: key, Array(old[member.value]))
            }
        }
        for (key, value) in wanted { writer.append(key: key, value: try render(value, parts.style)) }
        return writer.finish()
    }

    private static func fields(
        _ row: Row,
        of collection: CollectionSchema,
        except present: Set<Int>
    ) throws -> [(key: String, value: Value)] {
        zip(collection.fields, row.values).enumerated().compactMap { position, pair in
            present.contains(position) || pair.1.isNull ? nil : (pair.0.name, pair.1)
        }
    }

    private static func unknown(_ row: Row) throws -> [(key: String, value: Value)] {
        guard let text = row.unknown, case .object(let object) = try JSON(parsing: text) else { return [] }
        return object.members.map { ($0.key, .json(String(decoding: $0.value.compact, as: UTF8.self))) }
    }

    fileprivate static func render(_ value: Value, _ style: Style) throws -> [UInt8] {
        var bytes: [UInt8] = []
        if case .json(let text) = value, style.isPretty {
            JSONWriter.appendPretty(try JSON(parsing: text), level: level + 1, to: &bytes)
        } else {
            FieldJSON.append(value, to: &bytes)
        }
        return bytes
    }

    /// What stands between the members of an object.
    struct Style {
        var opening: [UInt8]
        var separator: [UInt8]
        var colon: [UInt8]
        var closing: [UInt8]
        var isPretty: Bool

        static let pretty = Style(
            opening: Array("\n      ".utf8),
            separator: Array(",\n      ".utf8),
            colon: Array(": ".utf8),
            closing: Array("\n    ".utf8),
            isPretty: true
        )
    }

    /// Writes an object in a style.
    private struct Members {
        let style: Style
        private var bytes: [UInt8] = [UInt8(ascii: "{")]
        private var isEmpty = true

        init(style: Style) { self.style = style }

        private mutating func begin() {
            bytes += isEmpty ? style.opening : style.separator
            isEmpty = false
        }

        mutating func append(raw parts: some Sequence<UInt8>, _ value: [UInt8] = []) {
            begin()
            bytes += parts
            bytes += value
        }

        mutating func append(key: String, value: [UInt8]) {
            begin()
            JSONWriter.append(key, to: &bytes)
            bytes += style.colon
            bytes += value
        }

        mutating func append(_ fields: [(key: String, value: Value)], style: Style) {
            // Values come from checked rows: what is nested parses, and is written as it is when it should not.
            for (key, value) in fields {
                append(key: key, value: (try? RecordText.render(value, style)) ?? Array("null".utf8))
            }
        }

        consuming func finish() -> [UInt8] {
            if !isEmpty { bytes += style.closing }
            bytes.append(UInt8(ascii: "}"))
            return bytes
        }
    }

    /// Where the members of an object stand, and how it is laid out.
    private struct Parts {
        struct Member {
            let key: String
            let keyAndColon: Range<Int>
            let value: Range<Int>
            var whole: Range<Int> { keyAndColon.lowerBound..<value.upperBound }
        }
        var members: [Member] = []
        var style = Style.pretty

        init(_ bytes: [UInt8]) throws {
            try bytes.withUnsafeBufferPointer { buffer in
                var scanner = JSONScanner(buffer)
                var object = try scanner.beginObject()
                while let token = try scanner.nextKey(of: &object) {
                    let start = token.range.lowerBound - 1  // the opening quote
                    let value = scanner.position
                    let end = try scanner.skipValue().upperBound
                    members.append(
                        Member(key: scanner.text(of: token), keyAndColon: start..<value, value: value..<end)
                    )
                }
            }
            guard let first = members.first, let last = members.last else { return }
            style.opening = Array(bytes[1..<first.keyAndColon.lowerBound])
            style.closing = Array(bytes[last.value.upperBound..<(bytes.count - 1)])
            style.isPretty = style.opening.contains(UInt8(ascii: "\n"))
            style.separator =
                members.count > 1
                ? Array(bytes[first.value.upperBound..<members[1].keyAndColon.lowerBound])
                : [UInt8(ascii: ",")] + style.opening
            let keyLength = bytes[first.keyAndColon].lastIndex(of: UInt8(ascii: ":")) ?? first.keyAndColon.lowerBound
            let quote = bytes[first.keyAndColon.lowerBound..<keyLength].lastIndex(of: UInt8(ascii: "\"")) ?? keyLength
            style.colon = Array(bytes[(quote + 1)..<first.value.lowerBound])
        }
    }
}
