internal import HashTreeCollections

/// What a record is kept as in memory: a row, or the bytes of a file that it was read from.
package protocol StoredEntry: Sendable {
    /// The record as data, unknown members included.
    func row(of collection: CollectionSchema) throws -> Row
    /// The record's key.
    func key(of collection: CollectionSchema) throws -> Key
    /// The entry of a row that is put over another entry, or that is new.
    static func entry(of row: Row, over old: Self?, in collection: CollectionSchema) throws -> Self
}

extension StoredEntry {
    package func key(of collection: CollectionSchema) throws -> Key {
        collection.key(of: try row(of: collection).values)
    }
}

extension Row: StoredEntry {
    package func row(of collection: CollectionSchema) -> Row { self }
    package static func entry(of row: Row, over old: Row?, in collection: CollectionSchema) -> Row { row }
}

/// Records that were read together and never change: what is written later lies over them.
///
/// They may be kept far more closely than a dictionary keeps its elements. A place is a record's number among them.
package protocol StoredGround<Entry>: AnyObject, Sendable {
    associatedtype Entry: StoredEntry
    /// How many there are.
    var count: Int { get }
    /// Where the record of a key stands.
    func place(of key: Key) throws -> Int?
    /// The record at a place.
    func entry(at place: Int) -> Entry
    /// Who holds the values of a unique index.
    func holder(of values: [Value], in index: String) throws -> Key?
}

/// A whole store in memory, as a value: a copy is a snapshot and costs nothing (persistent hash tries share what did
/// not change, Bagwell 2001, as `TreeDictionary` keeps it).
package struct StoreImage<Entry: StoredEntry>: Sendable {
    package var tables: [ByteText: Table] = [:]

    package init() {}

    /// Stores an entry under its key, and keeps the unique indexes.
    package mutating func put(_ row: Row, _ entry: Entry, _ key: Key, in collection: CollectionSchema) throws {
        let name = ByteText(collection.name)
        var table = tables[name] ?? Table()
        tables[name] = nil  // so that the table below is the only holder, and is changed in place
        defer { tables[name] = table }
        try table.put(row, entry, key, in: collection)
    }

    /// Removes the entry of a key.
    package mutating func remove(_ key: Key, in collection: CollectionSchema) throws {
        let name = ByteText(collection.name)
        guard var table = tables[name] else { return }
        tables[name] = nil
        defer { tables[name] = table }
        try table.remove(key, in: collection)
    }

    /// The entry of a key.
    package func entry(_ key: Key, in collection: CollectionSchema) throws -> Entry? {
        try tables[ByteText(collection.name)]?.entry(key)
    }
}

extension StoreImage {
    /// One collection: the records that were read together, if there are such, and over them what was written since.
    package struct Table: Sendable {
        /// What was read together.
        package let ground: (any StoredGround<Entry>)?
        /// How many records there are.
        package private(set) var count: Int
        /// What was written: the record, or nil over one of the ground that was removed. A record keeps its place among
        /// the others; the places of the ground come first.
        private var changes: TreeDictionary<Key, (place: Int, entry: Entry?)> = [:]
        /// How many places of the ground are not as they were.
        private var covered = 0
        /// For each unique index, who holds a value; nil where one of the ground does no longer.
        private var holders: [String: TreeDictionary<[Value], Key?>] = [:]
        private var nextPlace: Int

        /// A table with nothing but its ground.
        package init(ground: (any StoredGround<Entry>)? = nil) {
            self.ground = ground
            count = ground?.count ?? 0
            nextPlace = count
        }

        /// The entry of a key.
        package func entry(_ key: Key) throws -> Entry? {
            if let change = changes[key] { return change.entry }
            guard let ground, let place = try ground.place(of: key) else { return nil }
            return ground.entry(at: place)
        }

        /// Who holds the values of a unique index.
        package func holder(of values: [Value], in index: String) throws -> Key? {
            if let known = holders[index]?[values] { return known }
            return try ground?.holder(of: values, in: index)
        }

        /// Stores an entry under its key, and keeps the unique indexes.
        package mutating func put(_ row: Row, _ entry: Entry, _ key: Key, in collection: CollectionSchema) throws {
            let known = changes[key]
            let below = known == nil ? try ground?.place(of: key) : nil
            if !collection.uniqueIndexes.isEmpty {
                let old = known.map(\.entry) ?? below.flatMap { ground?.entry(at: $0) }
                if let old { try release(old.row(of: collection), key, collection) }
                hold(row, key, collection)
            }
            if known?.entry == nil, below == nil { count += 1 }
            if below != nil { covered += 1 }
            let place = known?.place ?? below ?? nextPlace
            if place == nextPlace { nextPlace += 1 }
            changes[key] = (place, entry)
        }

        /// Removes the entry of a key.
        package mutating func remove(_ key: Key, in collection: CollectionSchema) throws {
            let known = changes[key]
            let below = try ground?.place(of: key)
            guard let old = known.map(\.entry) ?? below.flatMap({ ground?.entry(at: $0) }) else { return }
            if !collection.uniqueIndexes.isEmpty { try release(old.row(of: collection), key, collection) }
            count -= 1
            if known == nil { covered += 1 }
            if let below { changes[key] = (below, nil) } else { changes[key] = nil }
        }

        private mutating func hold(_ row: Row, _ key: Key, _ collection: CollectionSchema) {
            for index in collection.uniqueIndexes {
                let values = index.fields.map { row.values[$0] }
                if !values.contains(where: \.isNull) {
                    holders[index.name, default: [:]].updateValue(key, forKey: values)
                }
            }
        }

        /// Gives up the values of a record, but for those that another has taken over already: where what many writes
        /// left is put in at once, a value's new holder may come before its old one.
        private mutating func release(_ row: Row, _ key: Key, _ collection: CollectionSchema) throws {
            for index in collection.uniqueIndexes {
                let values = index.fields.map { row.values[$0] }
                guard try holder(of: values, in: index.name) == key else { continue }
                if try ground?.holder(of: values, in: index.name) != nil {
                    holders[index.name, default: [:]].updateValue(nil, forKey: values)
                } else {
                    holders[index.name]?.removeValue(forKey: values)
                }
            }
        }
    }
}

extension StoreImage.Table {
    /// Goes through the entries, in no order that means anything.
    ///
    /// - Throws: What the closure throws, and `cancelled` when the task is.
    package func forEach(_ body: (Entry) throws -> Void) throws {
        var count = 0
        func pass(_ entry: Entry) throws {
            if count & 0xfff == 0, Task.isCancelled { throw StorageError.cancelledTask }
            count += 1
            try body(entry)
        }
        if let ground {
            let isCovered = coverage
            for place in 0..<ground.count where isCovered.isEmpty || !isCovered[place] {
                try pass(ground.entry(at: place))
            }
        }
        for case (_, let entry?) in changes.values { try pass(entry) }
    }

    /// The places of the ground that are not as they were; empty when all are.
    private var coverage: [Bool] {
        guard let ground, covered > 0 else { return [] }
        var places = [Bool](repeating: false, count: ground.count)
        for change in changes.values where change.place < ground.count { places[change.place] = true }
        return places
    }

    /// A part of the table in the order of its places.
    package enum Stretch {
        /// Places of the ground that are as they were.
        case ground(Range<Int>)
        /// What was written over the ground, or after it.
        case written(Entry)
    }

    /// The whole table in the order of its places.
    package var stretches: [Stretch] {
        let ground = ground?.count ?? 0
        guard !changes.isEmpty else { return ground == 0 ? [] : [.ground(0..<ground)] }
        var over: [(place: Int, entry: Entry?)] = []
        var after: [(place: Int, entry: Entry?)] = []
        for change in changes.values {
            if change.place < ground { over.append(change) } else { after.append(change) }
        }
        over.sort { $0.place < $1.place }
        var stretches: [Stretch] = []
        var begin = 0
        for (place, entry) in over {
            if begin < place { stretches.append(.ground(begin..<place)) }
            begin = place + 1
            if let entry { stretches.append(.written(entry)) }
        }
        if begin < ground { stretches.append(.ground(begin..<ground)) }
        return stretches + inOrder(after, from: ground)
    }

    private func inOrder(_ changes: [(place: Int, entry: Entry?)], from first: Int) -> [Stretch] {
        guard nextPlace - first <= 4 * changes.count + 64 else {
            return changes.sorted { $0.place < $1.place }.compactMap { $0.entry.map(Stretch.written) }
        }
        // Few places are empty: each entry goes where it belongs, which spares the sorting.
        var places = [Stretch?](repeating: nil, count: nextPlace - first)
        for (place, entry) in changes { places[place - first] = entry.map(Stretch.written) }
        return places.compactMap { $0 }
    }
}
