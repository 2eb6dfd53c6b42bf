/// Finds an object's members for a type that mostly asks for them in the order in which they stand.
final class JSONMemberLookup {
    let members: [JSONObject.Member]
    private var next = 0
    /// Made at the first question out of order to a large object, which a scan for each key would make quadratic.
    private var positions: [ByteText: Int]?

    private static let fewMembers = 24

    init(_ object: JSONObject) { members = object.members }

    subscript(key: String) -> JSON? {
        let key = ByteText(key)
        guard let index = position(of: key) else { return nil }
        // `contains`, `decodeNil` and `decode` ask for one key in turn, so stay there.
        next = index
        return members[index].value
    }

    private func position(of key: ByteText) -> Int? {
        for index in next..<min(next + 2, members.count) where ByteText(members[index].key) == key { return index }
        if members.count <= Self.fewMembers { return members.firstIndex { ByteText($0.key) == key } }
        if positions == nil {
            positions = Dictionary(uniqueKeysWithValues: members.enumerated().map { (ByteText($1.key), $0) })
        }
        return positions?[key]
    }
}
