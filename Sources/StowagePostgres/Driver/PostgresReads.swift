#if Postgres
internal import Stowage
internal import StowageSQL

/// The statements of reads.
extension PostgresTable {
    /// Reads records by their keys.
    func get(_ keys: [Key], includingUnknown: Bool) -> PostgresStatement {
        if keys.count == 1 {
            let sql = includingUnknown ? selectByKeyWithUnknown : selectByKey
            return PostgresStatement(
                sql,
                PostgresParameters(keys[0], of: schema),
                gathering: includingUnknown ? gatherByKeyWithUnknown : gatherByKey
            )
        }
        let sql = includingUnknown ? selectByKeysWithUnknown : selectByKeys
        return PostgresStatement(sql, PostgresParameters(keys, of: schema))
    }
}

extension PostgresResult {
    /// The types of the columns.
    var types: [PostgresType] { (0..<columnCount).map(columnType) }

    /// Hands the rows over, through one reader.
    func give(to rows: RowHandler, _ table: PostgresTable, includingUnknown: Bool) throws {
        if rowCount == 0 { return }
        let reader = try PostgresRowReader(types, of: table, includingUnknown: includingUnknown)
        try withExtendedLifetime(self) {
            try forEachRow { row in
                reader.load(row)
                try rows(reader)
            }
        }
    }

    /// One row as data.
    func row(_ index: Int, of table: PostgresTable, includingUnknown: Bool) throws -> Row {
        let reader = try PostgresRowReader(types, of: table, includingUnknown: includingUnknown)
        return try withExtendedLifetime(self) {
            reader.load(row(index))
            return try reader.row(of: table.schema)
        }
    }
}

extension PostgresPage {
    /// The types of the columns; a page has a row at least.
    private var types: [PostgresType] {
        guard copiedTypes.isEmpty else { return copiedTypes }
        let first = row(0)
        return (0..<first.count).map(first.type)
    }

    /// Hands the rows over, through the reader of the pages before.
    func give(
        to rows: RowHandler,
        _ table: PostgresTable,
        includingUnknown: Bool,
        reader: inout PostgresRowReader?
    ) throws {
        let known = try reader ?? PostgresRowReader(types, of: table, includingUnknown: includingUnknown)
        reader = known
        try withExtendedLifetime(self) {
            try forEachCopiedRow { row in
                try known.load(copied: row)
                try rows(known)
            }
            try forEachRow { row in
                known.load(row)
                try rows(known)
            }
        }
    }
}
#endif
