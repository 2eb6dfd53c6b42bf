public import Stowage

/// A record for people: a line a field, with secrets masked.
public enum RecordText {
    /// The lines of a record in canonical JSON.
    ///
    /// - Parameters:
    ///   - record: The record, as ``DatabaseStorage/getJSON(_:)`` gives it.
    ///   - collection: Its schema, which says what is secret.
    public static func lines(_ record: JSON, of collection: CollectionSchema) -> String {
        var table = TextTable([])
        for member in record.object?.members ?? [] {
            let field = collection.fields.first { $0.name == member.key }
            table.add([member.key, shown(member.value, field)])
        }
        return table.text
    }

    private static func shown(_ value: JSON, _ field: FieldSchema?) -> String {
        if field?.isSecret == true { return "****" }
        switch value {
        case .string(let text): return text
        case .object(var object):
            for key in field?.secretKeys ?? [] where object[key] != nil { object[key] = .string("****") }
            return String(decoding: JSON.object(object).compact, as: UTF8.self)
        default: return String(decoding: value.compact, as: UTF8.self)
        }
    }
}
