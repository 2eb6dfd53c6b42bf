extension JSON {
    /// Reads a whole document, strictly (RFC 8259): no duplicate keys, no byte order mark, valid UTF-8, 512 levels.
    public init(parsing bytes: some Sequence<UInt8>) throws(JSONSyntaxError) {
        let result: Result<JSON, JSONSyntaxError>? = bytes.withContiguousStorageIfAvailable { Self.parse($0) }
        self = try (result ?? Array(bytes).withUnsafeBufferPointer { Self.parse($0) }).get()
    }

    /// Reads a whole document from a text.
    public init(parsing text: String) throws(JSONSyntaxError) {
        try self.init(parsing: text.utf8)
    }

    private static func parse(_ bytes: UnsafeBufferPointer<UInt8>) -> Result<JSON, JSONSyntaxError> {
        Result { () throws(JSONSyntaxError) in
            var scanner = JSONScanner(bytes)
            try scanner.begin()
            let value = try scanner.scanTree()
            try scanner.finish()
            return value
        }
    }
}

extension JSONScanner {
    /// Reads one value of any kind as a tree.
    package mutating func scanTree() throws(JSONSyntaxError) -> JSON {
        guard let byte = nextByte else { throw JSONSyntaxError(.truncated, at: position) }
        switch byte {
        case UInt8(ascii: "\""):
            return .string(text(of: try scanString()))
        case UInt8(ascii: "{"):
            var members: [JSONObject.Member] = []
            var object = try beginObject()
            while let key = try nextKey(of: &object) {
                let key = text(of: key)
                members.append(JSONObject.Member(key: key, value: try scanTree()))
            }
            return .object(JSONObject(distinct: members))
        case UInt8(ascii: "["):
            var elements: [JSON] = []
            var array = try beginArray()
            while try nextElement(of: &array) { elements.append(try scanTree()) }
            return .array(elements)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            return .number(number(at: try scanNumber()))
        default:
            if let value = try scanBool() { return .bool(value) }
            if try scanNull() { return .null }
            throw JSONSyntaxError(.noValue, at: position)
        }
    }
}
