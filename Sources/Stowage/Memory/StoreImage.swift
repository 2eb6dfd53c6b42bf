package import HashTreeCollections

/// What a record is kept as in memory: a row, or the bytes of a file that it was read from.
package protocol StoredEntry: Sendable {
    /// The record as data, unknown members included.
    func row(of collection: CollectionSchema) throws -> Row
    /// The entry of a row that is put over another entry, or that is new.
    static func entry(of row: Row, over old: Self?, in collection: CollectionSchema) throws -> Self
}

extension Row: StoredEntry {
    package func row(of collection: CollectionSchema) -> Row { self }
    package static func entry(of row: Row, over old: Row?, in collection: CollectionSchema) -> Row { row }
}

/// A whole store in memory, as a value: a copy is a snapshot and costs nothing (persistent hash tries share what did
/// not change, Bagwell 2001, as `TreeDictionary` keeps it).
package struct StoreImage<Entry: StoredEntry>: Sendable {
    package var tables: [ByteText: Table] = [:]

    /// One collection.
    package struct Table: Sendable {
        /// The records, each with the place where it stands among the others.
        package var entries: TreeDictionary<Key, (place: Int, entry: Entry)> = [:]
        /// For each unique index, who holds a value.
        package var holders: [String: TreeDictionary<[Value], Key>] = [:]
        package var nextPlace = 0

        package init() {}
    }

    package init() {}

    /// Stores an entry under its key, and keeps the unique indexes.
    package mutating func put(_ row: Row, _ entry: Entry, _ key: Key, in collection: CollectionSchema) throws {
        let name = ByteText(collection.name)
        var table = tables[name] ?? Table()
        tables[name] = nil  // so that the table below is the only holder, and is changed in place
        defer { tables[name] = table }
        let old = table.entries[key]
        if let old, !collection.uniqueIndexes.isEmpty {
            table.release(try old.entry.row(of: collection), collection)
        }
        table.hold(row, key, collection)
        let place = old?.place ?? table.nextPlace
        if old == nil { table.nextPlace += 1 }
        table.entries[key] = (place, entry)
    }

    /// Removes the entry of a key.
    package mutating func remove(_ key: Key, in collection: CollectionSchema) throws {
        let name = ByteText(collection.name)
        guard var table = tables[name] else { return }
        tables[name] = nil
        defer { tables[name] = table }
        guard let old = table.entries.removeValue(forKey: key) else { return }
        if !collection.uniqueIndexes.isEmpty { table.release(try old.entry.row(of: collection), collection) }
    }

    /// The entry of a key.
    package func entry(_ key: Key, in collection: CollectionSchema) -> Entry? {
        tables[ByteText(collection.name)]?.entries[key]?.entry
    }
}

extension StoreImage.Table {
    package mutating func hold(_ row: Row, _ key: Key, _ collection: CollectionSchema) {
        for index in collection.uniqueIndexes {
            let values = index.fields.map { row.values[$0] }
            if !values.contains(where: \.isNull) { holders[index.name, default: [:]][values] = key }
        }
    }

    fileprivate mutating func release(_ row: Row, _ collection: CollectionSchema) {
        for index in collection.uniqueIndexes {
            holders[index.name]?.removeValue(forKey: index.fields.map { row.values[$0] })
        }
    }
}
