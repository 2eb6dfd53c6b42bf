extension JSONScanner {
    /// An object being read.
    package struct OpenObject {
        var isFirst = true
        /// Where its keys begin among the scanner's open keys.
        let firstKey: Int
        /// The decoded keys, once there are too many to compare one by one.
        var manyKeys: Set<[UInt8]>?
    }

    /// An array being read.
    package struct OpenArray {
        var isFirst = true
    }

    /// A key of an open object, with a fingerprint that spares most comparisons.
    struct OpenKey {
        let token: StringToken
        let fingerprint: UInt32
    }

    /// Up to this many keys are compared one by one, which costs no allocation; beyond, a set keeps it linear.
    private static var fewKeys: Int { 24 }

    /// Moves into the object that begins here.
    package mutating func beginObject() throws(JSONSyntaxError) -> OpenObject {
        try open(UInt8(ascii: "{"), else: .noObject)
        return OpenObject(firstKey: openKeys.count)
    }

    /// Reads the next key and its colon, so that its value comes next; nil at the object's end, which is passed.
    ///
    /// - Parameter remembers: Whether it is looked for among the keys before it; when not, the caller does that.
    package mutating func nextKey(
        of object: inout OpenObject,
        remembers: Bool = true
    ) throws(JSONSyntaxError) -> StringToken? {
        skipWhitespace()
        guard position < bytes.count else { throw JSONSyntaxError(.truncated, at: position) }
        if bytes[position] == UInt8(ascii: "}") {
            position += 1
            depth -= 1
            if openKeys.count > object.firstKey { openKeys.removeSubrange(object.firstKey...) }
            return nil
        }
        if object.isFirst {
            object.isFirst = false
        } else {
            guard bytes[position] == UInt8(ascii: ",") else { throw JSONSyntaxError(.noMemberEnd, at: position) }
            position += 1
            skipWhitespace()
        }
        let start = position
        guard start < bytes.count else { throw JSONSyntaxError(.truncated, at: start) }
        guard bytes[start] == UInt8(ascii: "\"") else { throw JSONSyntaxError(.noKey, at: start) }
        let token = try scanString()
        if findsDuplicates, remembers { try remember(token, in: &object) }
        skipWhitespace()
        guard position < bytes.count else { throw JSONSyntaxError(.truncated, at: position) }
        guard bytes[position] == UInt8(ascii: ":") else { throw JSONSyntaxError(.noColon, at: position) }
        position += 1
        skipWhitespace()
        return token
    }

    /// Moves past the colon behind a key; false when there is none.
    mutating func passColon() -> Bool {
        skipWhitespace()
        guard nextByte == UInt8(ascii: ":") else { return false }
        position += 1
        skipWhitespace()
        return true
    }

    /// Moves into the array that begins here.
    package mutating func beginArray() throws(JSONSyntaxError) -> OpenArray {
        try open(UInt8(ascii: "["), else: .noArray)
        return OpenArray()
    }

    /// Moves to the next element, so that its value comes next; false at the array's end, which is passed.
    package mutating func nextElement(of array: inout OpenArray) throws(JSONSyntaxError) -> Bool {
        skipWhitespace()
        guard position < bytes.count else { throw JSONSyntaxError(.truncated, at: position) }
        if bytes[position] == UInt8(ascii: "]") {
            position += 1
            depth -= 1
            return false
        }
        if array.isFirst {
            array.isFirst = false
        } else {
            guard bytes[position] == UInt8(ascii: ",") else { throw JSONSyntaxError(.noElementEnd, at: position) }
            position += 1
            skipWhitespace()
        }
        return true
    }

    private mutating func open(_ bracket: UInt8, else reason: JSONSyntaxError.Reason) throws(JSONSyntaxError) {
        guard position < bytes.count else { throw JSONSyntaxError(.truncated, at: position) }
        guard bytes[position] == bracket else { throw JSONSyntaxError(reason, at: position) }
        guard depth < Self.maximumDepth else { throw JSONSyntaxError(.depth, at: position) }
        depth += 1
        position += 1
    }

    /// Keeps a key and refuses it when the object has it already, comparing decoded bytes (VAL-1).
    mutating func remember(_ token: StringToken, in object: inout OpenObject) throws(JSONSyntaxError) {
        let isDuplicate: Bool
        if object.manyKeys != nil {
            isDuplicate = object.manyKeys?.insert(decodedBytes(of: token)).inserted == false
        } else {
            let key = OpenKey(token: token, fingerprint: fingerprint(of: token))
            var found = false
            for index in object.firstKey..<openKeys.count where isSame(openKeys[index], key) { found = true }
            isDuplicate = found
            openKeys.append(key)
            if openKeys.count - object.firstKey > Self.fewKeys {
                var keys: Set<[UInt8]> = []
                for other in openKeys[object.firstKey...] { keys.insert(decodedBytes(of: other.token)) }
                object.manyKeys = keys
            }
        }
        if isDuplicate { throw duplicate(token) }
    }

    /// The error of a key that stands twice.
    func duplicate(_ token: StringToken) -> JSONSyntaxError {
        JSONSyntaxError(.duplicateKey, at: token.range.lowerBound - 1, duplicateKey: text(of: token))
    }

    /// Length, first and last byte of a key without escapes; 0 for the rest, whose bytes must be decoded to compare.
    private func fingerprint(of token: StringToken) -> UInt32 {
        if token.hasEscapes { return 0 }
        guard !token.range.isEmpty else { return 1 << 31 }
        return 1 << 31 | UInt32(truncatingIfNeeded: token.range.count & 0x7fff) << 16
            | UInt32(bytes[token.range.lowerBound]) << 8 | UInt32(bytes[token.range.upperBound - 1])
    }

    private func isSame(_ left: OpenKey, _ right: OpenKey) -> Bool {
        if left.token.hasEscapes || right.token.hasEscapes {
            return decodedBytes(of: left.token) == decodedBytes(of: right.token)
        }
        return left.fingerprint == right.fingerprint && left.token.range.count == right.token.range.count
            && bytes[left.token.range].elementsEqual(bytes[right.token.range])
    }
}
