/// The keys that were written, each once, in the order in which they first were.
package struct TouchedKeys: Sendable {
    package typealias Element = (collection: CollectionSchema, key: Key)

    /// Collections and keys.
    package private(set) var list: [Element] = []
    private var known: [ByteText: Set<Key>] = [:]

    package init() {}

    /// Adds a key that may be there already.
    package mutating func add(_ key: Key, in collection: CollectionSchema) {
        if known[ByteText(collection.name), default: []].insert(key).inserted { list.append((collection, key)) }
    }
}
