import Foundation
import Stowage

/// Validates JSON by the keywords of JSON Schema 2020-12 that the files of `Schemas/json` use.
///
/// A keyword that it does not know is an error of the schema, so that nothing passes by not being looked at.
struct JSONSchemaValidator {
    let root: JSON

    struct UnknownKeyword: Error { let name: String }

    /// What is wrong with a document, each with its place; none when it is valid.
    func problems(_ document: JSON) throws -> [String] { try problems(document, root, "") }

    private func problems(_ value: JSON, _ schema: JSON, _ place: String) throws -> [String] {
        guard let schema = schema.object else { throw UnknownKeyword(name: "a schema that is no object") }
        var found: [String] = []
        for member in schema.members {
            switch member.key {
            case "$schema", "title", "$defs", "contentEncoding": break
            case "$ref": found += try problems(value, definition(member.value.string ?? ""), place)
            case "type":
                let names = member.value.array?.compactMap(\.string) ?? [member.value.string ?? ""]
                if !names.contains(where: { Self.isOf($0, value) }) {
                    found.append("\(place): no \(names.joined(separator: " or "))")
                }
            case "const": if value != member.value { found.append("\(place): not the constant") }
            case "not":
                if try problems(value, member.value, place).isEmpty { found.append("\(place): what may not be") }
            case "properties":
                for (name, inner) in (member.value.object?.members ?? []).map({ ($0.key, $0.value) }) {
                    if let own = value.object?[name] { found += try problems(own, inner, "\(place)/\(name)") }
                }
            case "required":
                guard let object = value.object else { continue }
                for name in member.value.array?.compactMap(\.string) ?? [] where object[name] == nil {
                    found.append("\(place): no \(name)")
                }
            case "items":
                for (index, element) in (value.array ?? []).enumerated() {
                    found += try problems(element, member.value, "\(place)/\(index)")
                }
            case "minimum", "maximum":
                guard let number = value.number, let limit = member.value.number else { continue }
                let (left, right) = (Decimal(string: number.text) ?? 0, Decimal(string: limit.text) ?? 0)
                if member.key == "minimum" ? left < right : left > right { found.append("\(place): out of range") }
            case "format":
                guard let text = value.string else { continue }
                switch member.value.string {
                case "date-time":
                    if (try? Timestamp(rfc3339: text)) == nil { found.append("\(place): no date-time") }
                case "uuid": if UUID(uuidString: text) == nil { found.append("\(place): no uuid") }
                default: throw UnknownKeyword(name: "format \(member.value)")
                }
            default: throw UnknownKeyword(name: member.key)
            }
        }
        return found
    }

    private func definition(_ reference: String) throws -> JSON {
        guard reference.hasPrefix("#/$defs/"), let name = String(reference.dropFirst(8)).removingPercentEncoding,
            let found = root.object?["$defs"]?.object?[name]
        else { throw UnknownKeyword(name: reference) }
        return found
    }

    private static func isOf(_ type: String, _ value: JSON) -> Bool {
        switch (type, value) {
        case ("null", .null), ("boolean", .bool), ("number", .number), ("string", .string), ("array", .array),
            ("object", .object):
            true
        case ("integer", .number(let number)): !number.text.contains { ".eE".contains($0) }
        default: false
        }
    }
}
