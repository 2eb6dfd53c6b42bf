/// Writes rows of one collection as canonical JSON objects, without a tree in between: as ``RowJSON/tree(_:of:)``
/// printed prettily, byte for byte.
struct RowJSONWriter: Sendable {
    private let collection: CollectionSchema
    private let level: Int
    /// What stands before each field's value: the line break, the indentation, the key and the colon.
    private let openings: [[UInt8]]
    private let line: [UInt8]
    private let closing: [UInt8]

    /// Prepares to write rows at a level of indentation.
    init(_ collection: CollectionSchema, level: Int) {
        self.collection = collection
        self.level = level
        var line: [UInt8] = []
        JSONWriter.appendLine(level + 1, to: &line)
        openings = collection.fields.map { field in
            var opening = line
            JSONWriter.append(field.name, to: &opening)
            return opening + ": ".utf8
        }
        var closing: [UInt8] = []
        JSONWriter.appendLine(level, to: &closing)
        self.line = line
        self.closing = closing
    }

    /// Appends a row.
    ///
    /// - Throws: `corrupt` when a nested value or the unknown members are no JSON.
    func append(_ row: Row, to sink: inout ByteSink) throws {
        var isFirst = true
        for position in row.values.indices {
            switch row.values[position] {
            case .null: continue
            case .text(let text):
                begin(&isFirst, openings[position], &sink)
                sink.append(quoted: text)
            case .json(let text):
                begin(&isFirst, openings[position], &sink)
                let canonical = try collection.fields[position].canonical?(text) ?? text
                append(try JSON(parsing: canonical), to: &sink)
            case let value:
                begin(&isFirst, openings[position], &sink)
                var bytes: [UInt8] = []
                FieldJSON.append(value, to: &bytes)
                sink.append(bytes)
            }
        }
        if let unknown = row.unknown, case .object(let object) = try JSON(parsing: unknown) {
            for member in object.members {
                begin(&isFirst, line, &sink)
                sink.append(quoted: member.key)
                sink.append(UInt8(ascii: ":"))
                sink.append(UInt8(ascii: " "))
                append(member.value, to: &sink)
            }
        }
        if isFirst { sink.append(UInt8(ascii: "{")) } else { sink.append(closing) }
        sink.append(UInt8(ascii: "}"))
    }

    private func begin(_ isFirst: inout Bool, _ opening: [UInt8], _ sink: inout ByteSink) {
        sink.append(UInt8(ascii: isFirst ? "{" : ","))
        isFirst = false
        sink.append(opening)
    }

    private func append(_ tree: JSON, to sink: inout ByteSink) {
        var bytes: [UInt8] = []
        JSONWriter.appendPretty(tree, level: level + 1, to: &bytes)
        sink.append(bytes)
    }
}
