/// Keeps the keys of nested values that their type does not know (REC-9).
///
/// A type decodes what it knows and drops the rest, so writing it back would lose what another program, or a newer
/// version of this one, put there. The decoder tells which keys the type asked for; the others are foreign.
package enum NestedUnknowns {
    /// The canonical text of a stored value: what the type knows as it writes it, then at each object what it never
    /// asked for, in the order found and with numbers as written; elements of arrays likewise.
    ///
    /// - Throws: `corrupt` when the text cannot be read as the type, `invalidValue` when the type cannot write it.
    package static func canonical<Value: Codable>(
        of type: Value.Type, _ text: some Sequence<UInt8>
    ) throws(StorageError) -> [UInt8] {
        let old = try JSONValueDecoder.tree(text)
        let known = JSONKnownKeys()
        let value = try JSONValueDecoder().decode(type, from: old, recording: known)
        return joined(try JSONValueEncoder().tree(of: value), old, known).compact
    }

    /// The text to store when a record is rewritten: the old text with its foreign keys, when what the type knows of it
    /// is byte for byte the new text, and so the value was not replaced; else the new text.
    package static func merge<Value: Codable>(
        old: [UInt8], new: [UInt8], as type: Value.Type
    ) throws(StorageError) -> [UInt8] {
        if old == new { return old }
        // An old value that the type cannot read is being replaced by one that it can: the new one stands.
        guard let value = try? JSONValueDecoder().decode(type, from: old) else { return new }
        return try JSONValueEncoder().encode(value) == new ? old : new
    }

    /// The value as the type writes it, with what it never asked for in the old value after it.
    private static func joined(_ fresh: JSON, _ old: JSON, _ known: JSONKnownKeys) -> JSON {
        switch (fresh, old) {
        case (.object(let freshObject), .object(let oldObject)):
            let lookup = JSONMemberLookup(oldObject)
            var members = freshObject.members.map { member in
                guard let old = lookup[member.key], let known = known.member(member.key) else { return member }
                return JSONObject.Member(key: member.key, value: joined(member.value, old, known))
            }
            let written = Set(members.map { UTF8Key($0.key) })
            members += oldObject.members.filter { !known.contains($0.key) && !written.contains(UTF8Key($0.key)) }
            return .object(JSONObject(distinct: members))
        case (.array(let freshElements), .array(let oldElements)) where freshElements.count == oldElements.count:
            // Elements are paired by position. Were some dropped by the type, positions would mean nothing.
            return .array(
                freshElements.indices.map { index in
                    known.element(index).map { joined(freshElements[index], oldElements[index], $0) }
                        ?? freshElements[index]
                }
            )
        default:
            return fresh
        }
    }
}
