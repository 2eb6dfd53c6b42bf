#if Postgres
internal import Stowage
internal import StowageSQL

/// The statements of reads.
extension PostgresTable {
    /// Reads records by their keys.
    func get(_ keys: [Key], includingUnknown: Bool) -> PostgresStatement {
        if keys.count == 1 {
            let sql = includingUnknown ? selectByKeyWithUnknown : selectByKey
            return PostgresStatement(sql, PostgresParameters(keys[0], of: schema))
        }
        let sql = includingUnknown ? selectByKeysWithUnknown : selectByKeys
        return PostgresStatement(sql, PostgresParameters(keys, of: schema))
    }
}

extension PostgresResult {
    /// Hands the rows over, through one reader.
    func give(to rows: RowHandler, _ table: PostgresTable, includingUnknown: Bool) throws {
        if rowCount == 0 { return }
        let reader = try PostgresRowReader(row(0), of: table, includingUnknown: includingUnknown)
        try rows(reader)
        for index in 1..<max(rowCount, 1) {
            reader.row = row(index)
            try rows(reader)
        }
    }
}

extension PostgresPage {
    /// Hands the rows over, through the reader of the pages before.
    func give(
        to rows: RowHandler,
        _ table: PostgresTable,
        includingUnknown: Bool,
        reader: inout PostgresRowReader?
    ) throws {
        for index in 0..<count {
            if let reader {
                reader.row = row(index)
            } else {
                reader = try PostgresRowReader(row(index), of: table, includingUnknown: includingUnknown)
            }
            if let reader { try rows(reader) }
        }
    }
}
#endif
