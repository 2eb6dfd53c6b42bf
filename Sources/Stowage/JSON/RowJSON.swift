/// A record as a JSON object: in the JSON file, in exports and in backups.
package enum RowJSON {
    /// How much of a record a row holds.
    package enum Extent: Sendable {
        /// All of it.
        case whole
        /// Only the values of the key and of unique fields; the others say merely whether there is one.
        case identity
    }

    /// Everything that is wrong with one record, for those who ask for more than the first.
    package struct Findings {
        /// Why it cannot be read: one for each field.
        package var failures: [StorageError] = []
        /// Values that reading rounds (VAL-5).
        package var roundings: [StorageError] = []
        fileprivate let isWanted: Bool

        /// Asks for everything.
        package init() { isWanted = true }
        fileprivate init(isWanted: Bool) { self.isWanted = isWanted }

        /// Notes U+0000 in what was just read, where the reader only reports it: in nested values and unknown members.
        fileprivate mutating func noteNUL(
            _ scanner: inout JSONScanner,
            of field: JSONScanner.StringToken,
            at offset: Int
        ) -> StorageError? {
            guard scanner.containsNUL else { return nil }
            scanner.containsNUL = false
            let error = StorageError.nulInText.inField(scanner.text(of: field)).at(.init(byteOffset: offset))
            failures.append(error)
            return error
        }

        fileprivate mutating func noteRounding(
            _ scanner: inout JSONScanner,
            of field: JSONScanner.StringToken,
            at offset: Int
        ) {
            guard scanner.roundsTime else { return }
            scanner.roundsTime = false
            let message = "the time has more than six digits of a second, which are rounded"
            roundings.append(
                StorageError(.invalidValue, message).inField(scanner.text(of: field)).at(.init(byteOffset: offset))
            )
        }
    }

    /// Reads the object that stands at the scanner.
    ///
    /// Null in an optional field reads as nil (VAL-7). What the schema does not name is kept as it is written, in the
    /// order found (REC-9).
    ///
    /// - Parameters:
    ///   - id: The key under which the object stands in a map; the record need not repeat it.
    ///   - extent: How much of the record the row is to hold. Everything is checked alike.
    /// - Throws: ``StorageError`` with code `corrupt` that names the record, the field and the byte: a value of
    ///   another type, a missing required key, a key that stands twice.
    package static func row(
        _ scanner: inout JSONScanner,
        of collection: CollectionSchema,
        id: String? = nil,
        extent: Extent = .whole
    ) throws -> Row {
        var findings = Findings(isWanted: false)
        return try row(&scanner, of: collection, id: id, extent: extent, findings: &findings)
    }

    /// The same; the findings say everything that is wrong with the record, also when this throws.
    package static func row(
        _ scanner: inout JSONScanner,
        of collection: CollectionSchema,
        id: String?,
        extent: Extent = .whole,
        findings: inout Findings
    ) throws -> Row {
        let start = scanner.position
        let layout = collection.layout
        let bytes = scanner.bytes
        var values = [Value](repeating: .null, count: collection.fields.count)
        var unknown: [UInt8] = []
        var failure: StorageError?
        // A record's own keys are known by their positions, which is a bit to compare.
        let comparesPositions = layout.types.count <= 64
        var seen: UInt64 = 0
        var unreadable: [Int] = []
        do {
            guard scanner.nextByte == UInt8(ascii: "{") else {
                throw StorageError(.corrupt, "a record is not an object").at(.init(byteOffset: start))
            }
            var object = try scanner.beginObject()
            var guess = 0
            while let token = try scanner.nextKey(of: &object, remembers: !comparesPositions) {
                let known =
                    token.hasEscapes
                    ? collection.position(of: scanner.text(of: token), guess: guess)
                    : layout.position(ofUTF8: UnsafeBufferPointer(rebasing: bytes[token.range]), guess: guess)
                if findings.isWanted, let error = try Self.passDamage(&scanner, of: token) {
                    failure = failure ?? error
                    findings.failures.append(error)
                    if let known { unreadable.append(known) }
                    continue
                }
                guard let position = known else {
                    if comparesPositions, scanner.findsDuplicates { try scanner.remember(token, in: &object) }
                    let range = try scanner.skipValue()
                    if extent == .whole { try keep(scanner.text(of: token), bytes[range], in: &unknown) }
                    if findings.isWanted, let error = findings.noteNUL(&scanner, of: token, at: range.lowerBound) {
                        failure = failure ?? error
                    }
                    continue
                }
                if comparesPositions {
                    let bit: UInt64 = 1 << UInt64(position)
                    if seen & bit != 0, scanner.findsDuplicates { throw scanner.duplicate(token) }
                    seen |= bit
                }
                guess = position + 1
                let valueStart = scanner.position
                do {
                    values[position] = try value(&scanner, position, layout, extent)
                } catch let error as StorageError {
                    // The id may stand further on, and the error should name it: read on past the bad value.
                    let named = error.inField(scanner.text(of: token))
                        .at(error.place ?? .init(byteOffset: valueStart))
                    failure = failure ?? named
                    if findings.isWanted {
                        findings.failures.append(named)
                        unreadable.append(position)
                    }
                    if scanner.position == valueStart { _ = try scanner.skipValue() }
                    if findings.isWanted { scanner.containsNUL = false }
                }
                if findings.isWanted {
                    findings.noteRounding(&scanner, of: token, at: valueStart)
                    if let error = findings.noteNUL(&scanner, of: token, at: valueStart) { failure = failure ?? error }
                }
            }
        } catch let error as JSONSyntaxError {
            if findings.isWanted { findings.failures.append(error.recordError) }
            let known = collection.key.contains { values[$0].isNull } ? id : collection.key(of: values).description
            throw error.recordError.forRecord(known).inCollection(collection.name)
        }
        let hasUnreadable = failure != nil
        if failure == nil, let id {
            failure = place(id, in: &values, collection, start)
            if let failure, findings.isWanted { findings.failures.append(failure) }
        }
        if findings.isWanted || failure == nil {
            // The key of a map stands for an id that the record does not repeat.
            if hasUnreadable, let id { _ = place(id, in: &values, collection, start) }
            for field in values.indices
            where values[field].isNull && !layout.isOptional[field] && !unreadable.contains(field) {
                let missing = StorageError(.corrupt, "a required key is missing")
                    .inField(collection.fields[field].name).at(.init(byteOffset: start))
                failure = failure ?? missing
                guard findings.isWanted else { break }
                findings.failures.append(missing)
            }
        }
        if let failure {
            let id = collection.key.contains { values[$0].isNull } ? nil : collection.key(of: values).description
            throw failure.forRecord(id).inCollection(collection.name)
        }
        if !unknown.isEmpty { unknown.append(UInt8(ascii: "}")) }
        return Row(values: values, unknown: unknown.isEmpty ? nil : String(decoding: unknown, as: UTF8.self))
    }

    /// Moves past a value that is no JSON, when it is one; the scanner stays where it is otherwise.
    private static func passDamage(
        _ scanner: inout JSONScanner,
        of field: JSONScanner.StringToken
    ) throws(JSONSyntaxError) -> StorageError? {
        let (start, containedNUL) = (scanner.position, scanner.containsNUL)
        guard let error = try scanner.skipAnyValue().1 else {
            scanner.move(to: start)
            scanner.containsNUL = containedNUL
            return nil
        }
        return error.recordError.inField(scanner.text(of: field))
    }

    /// Reads the value of a field, or whether there is one.
    private static func value(
        _ scanner: inout JSONScanner,
        _ position: Int,
        _ layout: RowLayout,
        _ extent: Extent
    ) throws -> Value {
        guard extent == .identity, !layout.isIdentifying[position] else {
            return try FieldJSON.value(&scanner, as: layout.types[position])
        }
        return try FieldJSON.check(&scanner, as: layout.types[position]) ? .null : .bool(true)
    }

    /// Keeps a member that the schema does not name, as it is written.
    private static func keep(
        _ key: String,
        _ value: Slice<UnsafeBufferPointer<UInt8>>,
        in unknown: inout [UInt8]
    ) throws {
        unknown.append(UInt8(ascii: unknown.isEmpty ? "{" : ","))
        JSONWriter.append(key, to: &unknown)
        unknown.append(UInt8(ascii: ":"))
        unknown.append(contentsOf: try FieldJSON.compactText(UnsafeBufferPointer(rebasing: value)).utf8)
    }

    /// Takes the id that a map gives, unless the record has another one.
    private static func place(
        _ id: String,
        in values: inout [Value],
        _ collection: CollectionSchema,
        _ start: Int
    ) -> StorageError? {
        guard let position = collection.key.first, collection.key.count == 1,
            collection.fields[position].type == .text
        else { return nil }
        switch values[position] {
        case .null: values[position] = .text(id)
        case .text(let own) where TextOrder.equal(own, id): break
        default:
            return StorageError(.corrupt, "a record stands under the id \(StorageError.quoted(id)) and has another")
                .inField(collection.fields[position].name).at(.init(byteOffset: start))
        }
        return nil
    }

    /// A row as a tree in canonical order: the fields in schema order, nested values with their type's own keys first,
    /// then unknown keys in the order found. Nil fields are left out (VAL-7).
    package static func tree(_ row: Row, of collection: CollectionSchema) throws -> JSON {
        var members: [JSONObject.Member] = []
        for (field, value) in zip(collection.fields, row.values) where !value.isNull {
            var value = value
            if case .json(let text) = value, let canonical = field.canonical { value = .json(try canonical(text)) }
            members.append(.init(key: field.name, value: try JSON(parsing: FieldJSON.text(of: value))))
        }
        if let unknown = row.unknown, case .object(let object) = try JSON(parsing: unknown) {
            members += object.members
        }
        return .object(JSONObject(distinct: members))
    }

    /// Appends the text of ``tree(_:of:)`` without white space; values that have one form need no tree.
    package static func appendCompact(_ row: Row, of collection: CollectionSchema, to bytes: inout [UInt8]) throws {
        var separator = UInt8(ascii: "{")
        func append(_ key: String) {
            bytes.append(separator)
            separator = UInt8(ascii: ",")
            JSONWriter.append(key, to: &bytes)
            bytes.append(UInt8(ascii: ":"))
        }
        for (field, value) in zip(collection.fields, row.values) where !value.isNull {
            append(field.name)
            if case .json(let text) = value {
                JSONWriter.append(try JSON(parsing: field.canonical?(text) ?? text), to: &bytes)
            } else {
                FieldJSON.append(value, to: &bytes)
            }
        }
        if let unknown = row.unknown, case .object(let object) = try JSON(parsing: unknown) {
            for member in object.members {
                append(member.key)
                JSONWriter.append(member.value, to: &bytes)
            }
        }
        bytes.append(contentsOf: separator == UInt8(ascii: "{") ? "{}".utf8 : "}".utf8)
    }
}

extension JSONSyntaxError {
    /// The same trouble as `corrupt`, naming a key that stands twice (DUR-5).
    package var recordError: StorageError {
        let message = duplicateKey.map { "\(reason): \(StorageError.quoted($0))" } ?? reason
        return StorageError(.corrupt, message).at(.init(byteOffset: byteOffset))
    }
}
