/// A whole store as one canonical JSON document: equal content gives equal bytes from every store.
///
/// `{ "sessions": [records by id], state fields }`, pretty-printed and ended by a line break. Records have their fields
/// in schema order, then unknown keys in the order found, numbers as they were written and dates as VAL-5. The state's
/// own fields come in their order, then foreign members by the bytes of their keys.
public enum StoreExport {
    /// The document, from one snapshot.
    ///
    /// - Throws: `corrupt` and its kin when anything cannot be read.
    public static func document<Record: StorageRecord, State: StorageState>(
        of storage: some DatabaseStorage<Record, State>
    ) async throws -> JSON where State.Record == Record {
        try await storage.handle.together(.readOnly) { handle in
            let collection = handle.collection
            let records = try await handle.json(Query<Record>.all)
            var document = JSONObject()
            document[collection.name] = .array(records)
            var rest = try await handle.stateFields()
            for field in State.fields {
                guard let index = rest.firstIndex(where: { TextOrder.equal($0.name, field.name) }) else { continue }
                document[field.name] = try JSON(parsing: rest.remove(at: index).json)
            }
            for (name, json) in rest.sorted(by: { TextOrder.compare($0.name, $1.name) == .ascending }) {
                document[name] = try JSON(parsing: json)
            }
            return .object(document)
        }
    }

    /// The bytes of ``document(of:)``.
    public static func bytes<Record: StorageRecord, State: StorageState>(
        of storage: some DatabaseStorage<Record, State>
    ) async throws -> [UInt8] where State.Record == Record {
        try await document(of: storage).pretty + [UInt8(ascii: "\n")]
    }

    /// The bytes of a document that holds these records and nothing else, in the order given: what ``bytes(of:)`` of a
    /// store that holds them gives when they are in the order of their ids.
    ///
    /// - Throws: `invalidValue` for a value that no backend keeps (VAL-1 to VAL-7), with the index and the id of the
    ///   first such record.
    public static func bytes<Record: StorageRecord>(of records: some Sequence<Record>) throws -> [UInt8] {
        let schema = try Record.schema
        let writer = RowJSONWriter(schema.collection, level: 2)
        var head: [UInt8] = [UInt8(ascii: "{")]
        JSONWriter.appendLine(1, to: &head)
        JSONWriter.append(schema.collection.name, to: &head)
        head += ": ".utf8
        var line: [UInt8] = []
        JSONWriter.appendLine(2, to: &line)
        writer.append(head)
        let (first, other) = ([UInt8(ascii: "[")] + line, [UInt8(ascii: ",")] + line)
        var count = 0
        for record in records {
            writer.append(count == 0 ? first : other)
            do {
                try writer.append(record, schema)
            } catch let error as StorageError {
                throw error.atIndex(count)
            }
            count += 1
            if count == 100 { writer.expect(records.underestimatedCount, after: count) }
        }
        writer.append(Array((count == 0 ? "[]\n}\n" : "\n  ]\n}\n").utf8))
        return writer.finish()
    }
}

// Records as canonical JSON, with what their schema does not know: for exports and for programs that print them.
extension DatabaseStorage {
    /// The records that match, as canonical JSON objects, in the query's order.
    ///
    /// - Throws: as ``fetch(_:)``.
    public func fetchJSON(_ query: Query<Record> = .all) async throws -> [JSON] { try await handle.json(query) }

    /// The record with this id as a canonical JSON object; nil when there is none.
    ///
    /// - Throws: as ``get(_:)``.
    public func getJSON(_ id: Record.ID) async throws -> JSON? {
        try await handle.row(handle.schema.key(id)).map { try RowJSON.tree($0, of: handle.collection) }
    }
}

extension StorageHandle {
    func json(_ query: Query<Record>) async throws -> [JSON] {
        let (collection, schema) = (collection, schema)
        let found = Gathered<JSON>()
        try await route.query(query.checked(schema, includingUnknown: true)) { row in
            found.append(try RowJSON.tree(row.row(of: collection), of: collection))
        }
        return found.all
    }
}
