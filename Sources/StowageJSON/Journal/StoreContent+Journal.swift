internal import Stowage

/// What commits changed, as it goes into a journal and comes out of it.
extension StoreContent {
    /// The text of a frame of changes but for its beginning, ``frame(_:of:)``; nil when nothing is other than it was.
    ///
    /// - Parameter touched: The collections and keys that were written, in their order.
    func changes(from old: StoreImage<JSONEntry>, touched: [TouchedKeys.Element]) throws -> [UInt8]? {
        var keys: [String] = []
        var described: Set<ByteText> = []
        var list: [UInt8] = []
        for (collection, key) in touched {
            let before = try old.entry(key, in: collection)
            let after = try image.entry(key, in: collection)
            guard let change = Self.change(from: before, to: after, key, in: collection) else { continue }
            list += list.isEmpty ? "\n".utf8 : ",\n".utf8
            list += change
            if !collection.isState, described.insert(ByteText(collection.name)).inserted {
                keys.append(Self.description(of: collection))
            }
        }
        if list.isEmpty { return nil }
        return Array("\"keys\":{\(keys.joined(separator: ","))},\"changes\":[".utf8) + list + Array("\n]}\n".utf8)
    }

    /// A frame of changes.
    static func frame(_ number: Int, of changes: [UInt8]) -> [UInt8] {
        JournalText.frame(Array("{\"frame\":\(number),".utf8) + changes)
    }

    private static func change(
        from before: JSONEntry?,
        to after: JSONEntry?,
        _ key: Key,
        in collection: CollectionSchema
    ) -> [UInt8]? {
        var bytes = Array(collection.isState ? #"{"member":"#.utf8 : #"{"in":"#.utf8)
        if collection.isState {
            FieldJSON.append(key.values[0], to: &bytes)
        } else {
            JSONWriter.append(collection.name, to: &bytes)
        }
        switch (before, after) {
        case (nil, nil): return nil
        case (_?, nil):
            bytes += ",\"remove\":".utf8
            bytes += collection.isState ? Array("true".utf8) : object(of: key, in: collection)
        case (_, let after?):
            guard let text = after.text else { return nil }
            if let old = before?.text, old == text { return nil }
            bytes += ",\"put\":".utf8
            bytes += text
        }
        bytes.append(UInt8(ascii: "}"))
        return bytes
    }

    /// A key as an object of its fields.
    private static func object(of key: Key, in collection: CollectionSchema) -> [UInt8] {
        var bytes = [UInt8(ascii: "{")]
        for (field, value) in zip(collection.key, key.values) {
            if bytes.count > 1 { bytes.append(UInt8(ascii: ",")) }
            JSONWriter.append(collection.fields[field].name, to: &bytes)
            bytes.append(UInt8(ascii: ":"))
            FieldJSON.append(value, to: &bytes)
        }
        bytes.append(UInt8(ascii: "}"))
        return bytes
    }

    /// A collection's name and the fields of its key with their types: all that is needed to find a record in a file.
    private static func description(of collection: CollectionSchema) -> String {
        let fields = collection.key.map { field in
            let field = collection.fields[field]
            return "\(FieldJSON.text(of: .text(field.name))):\"\(field.type.rawValue)\""
        }
        return "\(FieldJSON.text(of: .text(collection.name))):{\(fields.joined(separator: ","))}"
    }

    /// Whether these collections are among those as which the file was read, with the keys that they have there.
    func knows(_ keys: [CollectionSchema]) -> Bool {
        keys.allSatisfy { described in
            guard let collection = collections.first(where: { $0.isNamed(described.name) }) else { return false }
            let fields = collection.key.map { collection.fields[$0] }
            return fields.count == described.fields.count
                && zip(fields, described.fields).allSatisfy { TextOrder.equal($0.name, $1.name) && $0.type == $1.type }
        }
    }

    /// Puts the changes of a frame over what is here. The collections must be known.
    ///
    /// - Throws: `corrupt` that names the record and the byte among the text's.
    mutating func apply(_ changes: JournalText.Changes, of text: JournalText) throws {
        try text.bytes.withUnsafeBufferPointer { buffer in
            for change in changes.list {
                switch change {
                case .record(let name, let range):
                    guard let collection = collections.first(where: { $0.isNamed(name) }) else { continue }
                    var scanner = JSONScanner(buffer)
                    scanner.move(to: range.lowerBound)
                    let row = try RowJSON.row(&scanner, of: collection)
                    roundsTimes = roundsTimes || scanner.roundsTime
                    let entry = JSONEntry.record(JSONEntry.Record(Array(buffer[range])))
                    try image.put(row, entry, collection.key(of: row.values), in: collection)
                case .removed(let name, let range):
                    guard let collection = collections.first(where: { $0.isNamed(name) }),
                        let described = changes.keys.first(where: { $0.isNamed(name) })
                    else { continue }
                    var scanner = JSONScanner(buffer)
                    scanner.move(to: range.lowerBound)
                    let key = described.key(of: try RowJSON.row(&scanner, of: described).values)
                    try image.remove(key, in: collection)
                case .member(let name, let range?):
                    let entry = JSONEntry.member(name: name, value: Array(buffer[range]))
                    try image.put(entry.row(of: .state), entry, Key(.text(name)), in: .state)
                case .member(let name, nil): try image.remove(Key(.text(name)), in: .state)
                }
            }
        }
    }
}

extension JSONEntry {
    /// The record's bytes, or the member's value.
    fileprivate var text: ArraySlice<UInt8>? {
        if case .member(_, let value) = self { value[...] } else { bytes }
    }
}
