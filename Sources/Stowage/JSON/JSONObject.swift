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
            ByteText(left.key) == ByteText(right.key) && left.value == right.value
        }

        /// Feeds what ``==(_:_:)`` compares.
        public func hash(into hasher: inout Hasher) {
            hasher.combine(ByteText(key))
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
            let key = ByteText(key)
            return members.first { ByteText($0.key) == key }?.value
        }
        set {
            let wanted = ByteText(key)
            let index = members.firstIndex { ByteText($0.key) == wanted }
            switch (index, newValue) {
            case (let index?, let value?): members[index].value = value
            case (let index?, nil): members.remove(at: index)
            case (nil, let value?): members.append(Member(key: key, value: value))
            case (nil, nil): break
            }
        }
    }
}
