/// Reads the records of a JSON document one by one, so that one which cannot be read hides no other.
package struct RecordWalk {
    private let collection: CollectionSchema
    private var first: [Key: Int] = [:]
    private var holders: [(index: IndexSchema, values: Set<[Value]>)]

    package init(_ collection: CollectionSchema) {
        self.collection = collection
        holders = collection.uniqueIndexes.map { ($0, []) }
    }

    /// The record at a place.
    ///
    /// - Parameters:
    ///   - id: The key under which it stands in a map.
    ///   - checking: What else the record must be.
    /// - Throws: ``StorageError`` with the record, the field and the byte: a value of another type, a missing key,
    ///   U+0000, an id that stands twice (DUR-5).
    package mutating func row(
        _ index: Int,
        at place: Range<Int>,
        id: String?,
        in bytes: UnsafeBufferPointer<UInt8>,
        checking: (Row) throws -> Void = { _ in }
    ) throws -> Row {
        // A scanner for each record, so that what it notices belongs to this one; offsets stay the file's.
        var scanner = JSONScanner(UnsafeBufferPointer(rebasing: bytes[..<place.upperBound]))
        scanner.move(to: place.lowerBound)
        let row = try RowJSON.row(&scanner, of: collection, id: id)
        let key = collection.key(of: row.values)
        if scanner.containsNUL { throw StorageError.nulInText.forRecord(key.description) }
        try checking(row)
        if let earlier = first.updateValue(index, forKey: key) { throw Self.twice(key, earlier) }
        return row
    }

    /// The record at a place, or everything that is wrong with it; a record that is read and rounded is both.
    package mutating func examine(
        _ index: Int,
        at place: Range<Int>,
        id: String?,
        in bytes: UnsafeBufferPointer<UInt8>
    ) -> (row: Row?, errors: [StorageError]) {
        var findings = RowJSON.Findings()
        var scanner = JSONScanner(UnsafeBufferPointer(rebasing: bytes[..<place.upperBound]))
        scanner.move(to: place.lowerBound)
        do {
            let row = try RowJSON.row(&scanner, of: collection, id: id, findings: &findings)
            let key = collection.key(of: row.values)
            if scanner.containsNUL { throw StorageError.nulInText.forRecord(key.description) }
            if let earlier = first.updateValue(index, forKey: key) { throw Self.twice(key, earlier) }
            try checkUnique(row)
            return (row, findings.roundings.map { $0.forRecord(key.description) })
        } catch {
            let error = error as? StorageError ?? StorageError(.corrupt, "the record cannot be read")
            let errors = findings.failures.isEmpty ? [error] : findings.failures.map { $0.forRecord(error.recordID) }
            return (nil, errors + findings.roundings.map { $0.forRecord(error.recordID) })
        }
    }

    private static func twice(_ key: Key, _ earlier: Int) -> StorageError {
        StorageError(.corrupt, "the id stands in the file twice, first as record \(earlier + 1)")
            .forRecord(key.description)
    }

    /// Throws when an earlier record holds a unique value of this one (REC-8).
    package mutating func checkUnique(_ row: Row) throws {
        for number in holders.indices {
            let fields = holders[number].index.fields
            let values = fields.map { row.values[$0] }
            if values.contains(where: \.isNull) { continue }
            guard holders[number].values.insert(values).inserted else {
                throw StorageError(.corrupt, "two records hold one value of a unique field")
                    .forRecord(collection.key(of: row.values).description)
                    .inField(fields.map { collection.fields[$0].name }.joined(separator: ", "))
            }
        }
    }
}
