/// Why bytes are not a JSON document (RFC 8259), and where.
///
/// Its text never holds anything of the document, so it is safe to log.
public struct JSONSyntaxError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The offset of the byte that could not be accepted, counted from zero.
    public let byteOffset: Int
    /// The key that an object holds twice. It is content of the document: not part of any description.
    public let duplicateKey: String?
    let code: Reason

    init(_ code: Reason, at byteOffset: Int, duplicateKey: String? = nil) {
        self.code = code
        self.byteOffset = byteOffset
        self.duplicateKey = duplicateKey
    }

    /// What is wrong, as a sentence without its full stop.
    public var reason: String { code.rawValue }

    /// The reason and the byte.
    public var description: String { "\(reason) (byte \(byteOffset))" }

    enum Reason: String, Sendable, Hashable {
        case empty = "the document is empty"
        case byteOrderMark =
            "the document begins with a byte order mark, which JSON forbids: save it as UTF-8 without one"
        case truncated = "the document ends too early"
        case trailing = "there is more after the end of the document"
        case noValue = "a value is expected here"
        case noObject = "an object is expected here"
        case noArray = "an array is expected here"
        case noString = "a string is expected here"
        case noNumber = "a number is expected here"
        case noKey = "a key in double quotes is expected here"
        case noColon = "a colon is expected here"
        case noMemberEnd = "a comma or a closing brace is expected here"
        case noElementEnd = "a comma or a closing bracket is expected here"
        case literal = "the word is none of null, true and false"
        case number = "the number does not follow the grammar of JSON"
        case controlCharacter = "a control character stands unescaped in a string"
        case escape = "the escape sequence does not exist"
        case surrogate = "half of a surrogate pair stands alone"
        case unicode = "the bytes are not valid UTF-8"
        case duplicateKey = "the object holds this key twice"
        case depth = "the values are nested more than 512 deep"
    }
}

extension JSONSyntaxError {
    /// The line of a byte, counted from one.
    package static func line(ofByte offset: Int, in document: some Sequence<UInt8>) -> Int {
        document.prefix(offset).reduce(1) { $1 == UInt8(ascii: "\n") ? $0 + 1 : $0 }
    }

    /// The same trouble as the error that storages throw: `corrupt`, with the byte and, given the document, the line.
    package func storageError(path: String? = nil, document: (some Sequence<UInt8>)? = [UInt8]?.none) -> StorageError {
        let line = document.map { Self.line(ofByte: byteOffset, in: $0) }
        return StorageError(.corrupt, reason)
            .at(StorageError.Place(path: path, byteOffset: byteOffset, line: line))
    }
}
