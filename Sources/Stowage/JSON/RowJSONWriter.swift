/// Writes rows of one collection as canonical JSON objects, without a tree in between: as ``RowJSON/tree(_:of:)``
/// printed prettily, byte for byte.
package struct RowJSONWriter: Sendable {
    private let collection: CollectionSchema
    private let level: Int
    /// What stands before each field's value: the line break, the indentation, the key and the colon.
    private let openings: [[UInt8]]
    private let line: [UInt8]
    private let closing: [UInt8]

    /// Prepares to write rows at a level of indentation.
    package init(_ collection: CollectionSchema, level: Int) {
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
    package func append(_ row: Row, to bytes: inout [UInt8]) throws {
        var isFirst = true
        for (position, value) in row.values.enumerated() where !value.isNull {
            bytes.append(UInt8(ascii: isFirst ? "{" : ","))
            isFirst = false
            bytes.append(contentsOf: openings[position])
            guard case .json(let text) = value else {
                FieldJSON.append(value, to: &bytes)
                continue
            }
            let canonical = try collection.fields[position].canonical?(text) ?? text
            JSONWriter.appendPretty(try JSON(parsing: canonical), level: level + 1, to: &bytes)
        }
        if let unknown = row.unknown, case .object(let object) = try JSON(parsing: unknown) {
            for member in object.members {
                bytes.append(UInt8(ascii: isFirst ? "{" : ","))
                isFirst = false
                bytes.append(contentsOf: line)
                JSONWriter.append(member.key, to: &bytes)
                bytes.append(contentsOf: ": ".utf8)
                JSONWriter.appendPretty(member.value, level: level + 1, to: &bytes)
            }
        }
        if isFirst { return bytes.append(contentsOf: "{}".utf8) }
        bytes.append(contentsOf: closing)
        bytes.append(UInt8(ascii: "}"))
    }
}
