/// Names a place in a nested value for an error: `prState.checks[2].name`, or nil at the top.
///
/// Keys of a dictionary are data, not names of the type, and are shown as `*` (LIF-4).
func describe(_ path: [any CodingKey]) -> String? {
    var text = ""
    for key in path {
        if String(reflecting: type(of: key)) == "Swift._DictionaryCodingKey" {
            text += text.isEmpty ? "*" : ".*"
        } else if key is IndexKey {
            text += "[\(key.stringValue)]"
        } else {
            text += text.isEmpty ? key.stringValue : "." + key.stringValue
        }
    }
    return text.isEmpty ? nil : text
}

extension StorageError {
    /// The error for a nested value, with its place but never the value.
    static func nested(_ code: Code, _ path: [any CodingKey], _ reason: String) -> StorageError {
        StorageError(code, (describe(path).map { "at \($0), " } ?? "") + reason)
    }
}

/// The position of an array's element in a coding path.
struct IndexKey: CodingKey {
    let intValue: Int?
    let stringValue: String

    init(_ index: Int) {
        intValue = index
        stringValue = String(index)
    }

    init?(intValue: Int) { self.init(intValue) }

    init?(stringValue: String) {
        guard let index = Int(stringValue) else { return nil }
        self.init(index)
    }
}

/// The key under which `superEncoder()` and `superDecoder()` put a superclass.
struct SuperKey: CodingKey {
    var intValue: Int? { nil }
    var stringValue: String { "super" }

    init() {}
    init?(intValue: Int) { nil }
    init?(stringValue: String) {
        if stringValue != "super" { return nil }
    }
}
