#if SQLite
internal import CSQLite
public import Stowage
internal import StowageSQL

/// Going through a table in which other programs have put what is no record.
extension SqliteDriver: RawScanDriver {
    /// Reads the table row by row, in a snapshot of its own. What is damaged is named with its row id.
    public func rawScan(
        _ collection: CollectionSchema,
        context: OperationContext,
        records: @escaping @Sendable (RawRecord) throws -> Void
    ) async throws {
        let (store, table) = try opened(collection)
        let reader = try await store.readers.take(until: context.deadline)
        defer { store.readers.giveBack(reader) }
        reader.deadline = context.deadline
        do {
            try await SQLiteBusy.retrying(reader, until: context.deadline) {
                let table = try table.seen(by: reader)
                let columns = table.reads.columns(includingUnknown: true)
                let hasRowID = (try? reader.with("SELECT _rowid_ FROM \(table.reads.source()) LIMIT 0") { _ in }) != nil
                let sql = "SELECT \(columns)\(hasRowID ? ", _rowid_" : "") FROM \(try table.reads.source())"
                try reader.with(sql) { statement in
                    let row = SQLiteRow(statement, of: table.table, includingUnknown: true)
                    let last = sqlite3_column_count(statement.handle) - 1
                    while try statement.step(row) {
                        let number = hasRowID ? sqlite3_column_int64(statement.handle, last) : nil
                        let place = StorageError.Place(path: path, table: collection.name, row: number)
                        let whole: Row
                        do {
                            whole = try row.row(of: collection)
                        } catch let error as StorageError {
                            let key = collection.key.compactMap { field in
                                row.isNull(field) ? nil : try? row.value(field, as: collection.fields[field].type)
                            }
                            let id = key.count == collection.key.count ? Key(key).description : nil
                            let faults = StoredValueCheck.faults(row, collection)
                            for fault in faults.isEmpty ? [error] : faults {
                                try records(.damaged(fault.forRecord(id).inCollection(collection.name).at(place)))
                            }
                            continue
                        }
                        try records(.row(whole, place: place))
                    }
                }
            }
        } catch { throw table.storageError(error, on: reader) }
    }
}
#endif
