#if Macros
import SwiftSyntax

// What is written for a record. Names of the module are written in full, so that a type of the app with such a name does
// not get in the way.
extension RecordDescription {
    /// The type of the identifier, unless the struct says it, and the coding keys.
    ///
    /// The keys are those of the fields alone: what is no field is not encoded either.
    var members: [String] {
        var members: [String] = []
        if !declaresID, let identifier = fields.first(where: \.isIdentifier) {
            members.append("\(access)typealias ID = \(identifier.type)")
        }
        let cases = fields.map { field in
            field.storedName == field.name ? "    case \(field.token)" : "    case \(field.token) = \(field.literal)"
        }
        members.append("private enum CodingKeys: Swift.String, Swift.CodingKey {\n\(lines(cases))\n}")
        return members
    }

    /// The collection's name, the fields and, unless the struct has its own, the codec.
    var schemaAndCodec: String {
        let described = fields.map { "        Stowage.Field<Self>(\($0.literal), \\.\($0.token))\($0.modifiers)" }
        var source = """
                \(access)static var collection: Swift.String { \(collection) }
                @Stowage.FieldsBuilder<Self>
                \(access)static var fields: [Stowage.Field<Self>] {
            \(lines(described))
                }
            """
        if !declaresCodec { source += "\n" + codec }
        return source
    }

    /// The codec and the initializer that it reads with: one that sets every property, since the struct's memberwise one
    /// may be private, or replaced by the app's own.
    private var codec: String {
        let written = fields.enumerated().map { "            try row.write(\($0), record.\($1.token))" }
        let read = fields.enumerated().map { "        self.\($1.token) = try row.read(\($0))" }
        return """
                \(access)static var codec: Stowage.RecordCodec<Self> {
                    Stowage.RecordCodec { record, row in
            \(lines(written))
                    } decode: { row in
                        try Self(reading: row)
                    }
                }
                private init(reading row: any Stowage.RowReader) throws {
            \(lines(read))
                }
            """
    }

    private func lines(_ lines: [String]) -> String { lines.joined(separator: "\n") }
}

extension StoredField {
    /// The modifiers of the field in the schema.
    var modifiers: String {
        var text = ""
        if isIdentifier { text += ".identifier()" }
        if isIndexed { text += ".indexed()" }
        if isUnique { text += ".unique()" }
        if let secretKeys { text += ".secret(\(secretKeys.joined(separator: ", ")))" }
        return text
    }
}
#endif
