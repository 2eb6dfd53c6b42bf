/// The JSON Schema (2020-12) of a store's file: the shape that is written, for people and their tools.
///
/// Keys that it does not name are allowed everywhere: the store keeps what it does not know (REC-9).
public enum FileSchema {
    /// The schema of a file with some collections.
    public static func document(_ shapes: [CollectionShape], title: String) -> JSON {
        var properties = JSONObject()
        var definitions = JSONObject()
        for shape in shapes {
            properties[shape.name] = object([
                ("type", .string("array")), ("items", object([("$ref", .string("#/$defs/\(pointer(shape.name))"))])),
            ])
            definitions[shape.name] = record(shape)
        }
        properties["_stowage"] = object([("$ref", .string("#/$defs/_stowage"))])
        definitions["_stowage"] = bookkeeping
        return object([
            ("$schema", .string("https://json-schema.org/draft/2020-12/schema")),
            ("title", .string(title)),
            ("type", .string("object")),
            ("properties", .object(properties)),
            ("required", .array(shapes.map { .string($0.name) })),
            ("$defs", .object(definitions)),
        ])
    }

    private static func record(_ shape: CollectionShape) -> JSON {
        var properties = JSONObject()
        for field in shape.fields { properties[field.name] = value(field) }
        return object([
            ("type", .string("object")),
            ("properties", .object(properties)),
            ("required", .array(shape.fields.filter { !$0.isOptional }.map { .string($0.name) })),
        ])
    }

    /// A field's value; null stands for nothing in an optional one (VAL-7).
    private static func value(_ field: CollectionShape.FieldShape) -> JSON {
        var members: [(String, JSON)] = []
        let type: String? =
            switch field.type {
            case .bool: "boolean"
            case .int: "integer"
            case .double, .decimal: "number"
            case .text, .time, .uuid, .data: "string"
            case .json: nil
            }
        if let type {
            members.append(("type", field.isOptional ? .array([.string(type), .string("null")]) : .string(type)))
        } else if !field.isOptional {
            members.append(("not", object([("type", .string("null"))])))
        }
        switch field.type {
        case .int:
            members.append(("minimum", number("-9223372036854775808")))
            members.append(("maximum", number("9223372036854775807")))
        case .time: members.append(("format", .string("date-time")))
        case .uuid: members.append(("format", .string("uuid")))
        case .data: members.append(("contentEncoding", .string("base64")))
        default: break
        }
        return object(members)
    }

    private static let bookkeeping: JSON = {
        let text = object([("type", .string("string"))])
        let whole = object([("type", .string("integer"))])
        let migration = object([
            ("type", .string("object")),
            (
                "properties",
                object([
                    ("number", whole), ("name", text), ("checksum", text),
                    ("appliedAt", object([("type", .string("string")), ("format", .string("date-time"))])),
                    ("durationMs", whole), ("appliedBy", text), ("adopted", object([("type", .string("boolean"))])),
                ])
            ),
            ("required", .array([.string("number"), .string("name"), .string("checksum")])),
        ])
        return object([
            ("type", .string("object")),
            (
                "properties",
                object([
                    ("format", object([("const", number("1"))])),
                    ("migrations", object([("type", .string("array")), ("items", migration)])),
                ])
            ),
        ])
    }()

    private static func object(_ members: [(String, JSON)]) -> JSON {
        var object = JSONObject()
        for (key, value) in members { object[key] = value }
        return .object(object)
    }

    private static func number(_ text: String) -> JSON { (try? JSON(parsing: text)) ?? .null }

    /// A name within a JSON Pointer in a URI fragment.
    private static func pointer(_ name: String) -> String {
        var text = ""
        for byte in name.utf8 {
            switch byte {
            case UInt8(ascii: "~"): text += "~0"
            case UInt8(ascii: "/"): text += "~1"
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."):
                text.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                text += "%" + (digits.utf8.count == 1 ? "0" : "") + digits
            }
        }
        return text
    }
}
