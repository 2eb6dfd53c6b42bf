/// The members of a JSON object, in order, each key once.
public struct JSONObject: Sendable, Hashable {
    /// A key and its value.
    public struct Member: Sendable, Hashable {
        /// The key.
        public let key: String
        /// The value.
        public var value: JSON

        /// Makes a member.
        public init(key: String, value: JSON) {
            self.key = key
            self.value = value
        }

        /// Whether both are the same, the key by its bytes.
        public static func == (left: Member, right: Member) -> Bool {
            UTF8Key(left.key) == UTF8Key(right.key) && left.value == right.value
        }

        /// Feeds what ``==(_:_:)`` compares.
        public func hash(into hasher: inout Hasher) {
            hasher.combine(UTF8Key(key))
            hasher.combine(value)
        }
    }

    /// The members in order.
    public private(set) var members: [Member]

    /// An object without members.
    public init() { members = [] }

    /// Takes members whose keys are known to be distinct.
    init(distinct members: [Member]) { self.members = members }

    /// The value of a key, compared byte by byte; assigning nil removes the member, a new key goes last.
    ///
    /// It looks through the members one by one: to read many of a large object, walk ``members``.
    public subscript(key: String) -> JSON? {
        get {
            let key = UTF8Key(key)
            return members.first { UTF8Key($0.key) == key }?.value
        }
        set {
            let wanted = UTF8Key(key)
            let index = members.firstIndex { UTF8Key($0.key) == wanted }
            switch (index, newValue) {
            case (let index?, let value?): members[index].value = value
            case (let index?, nil): members.remove(at: index)
            case (nil, let value?): members.append(Member(key: key, value: value))
            case (nil, nil): break
            }
        }
    }
}

/// A text that is equal to another when its UTF-8 bytes are (VAL-1); Swift's `==` merges NFC and NFD.
struct UTF8Key: Hashable, Sendable {
    let text: String

    init(_ text: String) { self.text = text }

    static func == (left: UTF8Key, right: UTF8Key) -> Bool { left.text.utf8.elementsEqual(right.text.utf8) }

    func hash(into hasher: inout Hasher) {
        var text = text
        text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
        // A terminator, as the standard library writes, keeps adjoining texts apart.
        hasher.combine(0xff as UInt8)
    }
}
