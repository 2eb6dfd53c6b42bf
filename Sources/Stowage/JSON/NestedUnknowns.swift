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
        of type: Value.Type,
        _ text: some Sequence<UInt8>
    ) throws(StorageError) -> [UInt8] {
        let old = try JSONValueDecoder.tree(text)
        let known = JSONKnownKeys()
        let value = try JSONValueDecoder().decode(type, from: old, recording: known)
        return joined(try JSONValueEncoder().tree(of: value), old, known).compact
    }

    /// The text to store when a record is rewritten: the old text with its foreign keys, when what the type knows of it
    /// is byte for byte the new text, and so the value was not replaced; else the new text.
    package static func merge<Value: Codable>(
        old: [UInt8],
        new: [UInt8],
        as type: Value.Type
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
            let written = Set(members.map { ByteText($0.key) })
            members += oldObject.members.filter { !known.contains($0.key) && !written.contains(ByteText($0.key)) }
            return .object(JSONObject(distinct: members))
        case (.array(let freshElements), .array(let oldElements)) where freshElements.count == oldElements.count:
            // Were some elements dropped by the type, there would be no telling which ones the rest came from.
            let origins = origins(of: freshElements, in: oldElements)
            return .array(
                zip(freshElements, origins).map { fresh, origin in
                    known.element(origin).map { joined(fresh, oldElements[origin], $0) } ?? fresh
                }
            )
        default:
            return fresh
        }
    }

    /// The old position of each element: its own, unless the elements are those of a set, which were sorted.
    private static func origins(of fresh: [JSON], in old: [JSON]) -> [Int] {
        let own = Array(fresh.indices)
        // The search below is quadratic; larger sets with foreign keys in their elements are paired by position.
        if fresh.count > 256 || own.allSatisfy({ isPart(fresh[$0], of: old[$0]) }) { return own }
        var free = own
        var found: [Int] = []
        for element in fresh {
            // When some element is found nowhere, it was only written otherwise, such as a date in another zone.
            guard let place = free.firstIndex(where: { isPart(element, of: old[$0]) }) else { return own }
            found.append(free.remove(at: place))
        }
        return found
    }

    /// Whether an old value holds all of a fresh one, and perhaps more members.
    private static func isPart(_ fresh: JSON, of old: JSON) -> Bool {
        switch (fresh, old) {
        case (.object(let fresh), .object(let old)):
            let lookup = JSONMemberLookup(old)
            return fresh.members.allSatisfy { member in lookup[member.key].map { isPart(member.value, of: $0) } ?? false
            }
        case (.array(let fresh), .array(let old)):
            return fresh.count == old.count && zip(fresh, old).allSatisfy { isPart($0, of: $1) }
        case (.number(let fresh), .number(let old)):
            return fresh == old || fresh.double == old.double
        default:
            return fresh == old
        }
    }
}
