/// The keys that a type asked for while it was decoded, at each object of the value.
///
/// What was never asked for is foreign, and survives a rewrite (REC-9).
package final class JSONKnownKeys {
    /// Whether the type listed the keys itself, as a dictionary does: then it knows them all.
    package internal(set) var isEverything = false
    private var keys: Set<ByteText> = []
    private var members: [ByteText: JSONKnownKeys] = [:]
    private var elements: [Int: JSONKnownKeys] = [:]

    /// Nothing was asked for yet.
    package init() {}

    /// Whether the type asked for a key of this object.
    package func contains(_ key: String) -> Bool { isEverything || keys.contains(ByteText(key)) }

    /// What was asked for within a member's value; nil when the type never decoded it.
    package func member(_ key: String) -> JSONKnownKeys? { members[ByteText(key)] }

    /// What was asked for within an element; nil when the type never decoded it.
    package func element(_ index: Int) -> JSONKnownKeys? { elements[index] }

    func ask(for key: String) { keys.insert(ByteText(key)) }

    func enter(_ key: String) -> JSONKnownKeys {
        keys.insert(ByteText(key))
        if let known = members[ByteText(key)] { return known }
        let known = JSONKnownKeys()
        members[ByteText(key)] = known
        return known
    }

    func enter(_ index: Int) -> JSONKnownKeys {
        if let known = elements[index] { return known }
        let known = JSONKnownKeys()
        elements[index] = known
        return known
    }
}
