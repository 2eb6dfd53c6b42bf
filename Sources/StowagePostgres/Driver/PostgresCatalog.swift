#if Postgres
internal import Stowage
internal import StowageSQL

/// What a database holds of some collections, read from its catalogs in one round trip.
struct PostgresCatalog {
    struct Column {
        var name: String
        var type: PostgresType
        /// The type's modifier: the length of a `varchar`, the digits of a `numeric`; -1 for none.
        var modifier: Int
        var isGenerated: Bool
        /// Whether texts compare by their bytes.
        var comparesBytes: Bool
        /// Whether it refuses null.
        var isRequired: Bool
        /// The type as the server writes it.
        var typeName: String
    }

    struct Index {
        var name: String
        /// The columns, when it is over columns alone.
        var columns: [String]
        var isUnique: Bool
        /// Whether it holds all rows, is built, and is checked at once.
        var isWhole: Bool
        /// Whether it keeps a constraint of the table.
        var isConstraint: Bool
    }

    struct Table {
        var columns: [Column] = []
        /// In the order in which the server checks them.
        var indexes: [Index] = []
    }

    /// The tables in the order of the collections; one without columns is absent.
    private(set) var tables: [Table]
    /// The encoding of the database's text.
    private(set) var encoding = ""

    init(of collections: [CollectionSchema], on connection: PostgresConnection, deadline: Deadline) async throws {
        tables = Array(repeating: Table(), count: collections.count)
        let names: PostgresParameters = [.textArray(collections.map { PostgresDialect().table($0) })]
        let results = try await connection.run(
            [
                PostgresSession.plain("SELECT current_setting('server_encoding')"),
                PostgresStatement(Self.columns, names, isPrepared: false),
                PostgresStatement(Self.indexes, names, isPrepared: false),
            ],
            deadline: deadline
        )
        guard results.count == 3 else { throw StorageError.lostConnection }
        encoding = try results[0].row(0).text(0)
        try results[1].forEachRow { row in
            let column = Column(
                name: try row.text(1),
                type: PostgresType(oid: UInt32(truncatingIfNeeded: try row.int8(2))),
                modifier: Int(try row.int8(3)),
                isGenerated: try row.bool(4),
                comparesBytes: try row.bool(5),
                isRequired: try row.bool(6),
                typeName: try row.text(7)
            )
            tables[Int(try row.int8(0)) - 1].columns.append(column)
        }
        try results[2].forEachRow { row in
            let table = Int(try row.int8(0)) - 1
            let name = try row.text(1)
            if tables[table].indexes.last.map({ TextOrder.equal($0.name, name) }) != true {
                tables[table].indexes.append(
                    Index(
                        name: name,
                        columns: [],
                        isUnique: try row.bool(2),
                        isWhole: try row.bool(3),
                        isConstraint: try row.bool(5)
                    )
                )
            }
            let last = tables[table].indexes.count - 1
            if !row.isNull(4) { tables[table].indexes[last].columns.append(try row.text(4)) }
        }
    }

    /// The columns of the tables with these names. A domain counts as the type beneath it.
    private static let columns = """
        SELECT w.number, a.attname::text,
          (CASE t.typtype WHEN 'd' THEN t.typbasetype ELSE t.oid END)::int8,
          (CASE t.typtype WHEN 'd' THEN t.typtypmod ELSE a.atttypmod END)::int8,
          a.attgenerated <> '' OR a.attidentity = 'a',
          coalesce(c.collname IN ('C', 'POSIX', 'ucs_basic', 'pg_c_utf8') OR c.collname = 'default' AND (
            SELECT to_jsonb(d)->>'datlocprovider' = 'b' OR coalesce(to_jsonb(d)->>'datlocprovider', 'c') = 'c'
              AND lower(d.datcollate) IN ('c', 'posix', 'c.utf8', 'c.utf-8')
            FROM pg_catalog.pg_database d WHERE d.datname = current_database()), true),
          a.attnotnull, format_type(a.atttypid, a.atttypmod)
        FROM unnest($1) WITH ORDINALITY AS w(name, number)
        JOIN pg_catalog.pg_attribute a ON a.attrelid = to_regclass(w.name) AND a.attnum > 0 AND NOT a.attisdropped
        JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
        LEFT JOIN pg_catalog.pg_collation c ON c.oid = a.attcollation
        ORDER BY w.number, a.attnum
        """

    /// The columns of the indexes of the tables with these names.
    private static let indexes = """
        SELECT w.number, i.relname::text, x.indisunique,
          x.indpred IS NULL AND x.indexprs IS NULL AND x.indimmediate AND x.indisvalid,
          a.attname::text,
          EXISTS (SELECT FROM pg_catalog.pg_constraint o WHERE o.conindid = x.indexrelid AND o.contype IN ('p', 'u', 'x'))
        FROM unnest($1) WITH ORDINALITY AS w(name, number)
        JOIN pg_catalog.pg_index x ON x.indrelid = to_regclass(w.name)
        JOIN pg_catalog.pg_class i ON i.oid = x.indexrelid
        CROSS JOIN LATERAL unnest(x.indkey::int2[]) WITH ORDINALITY AS k(attnum, position)
        LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = k.attnum AND k.attnum > 0
        WHERE k.position <= x.indnkeyatts
        ORDER BY w.number, x.indexrelid, k.position
        """
}

/// From what is stored to what the driver works with.
extension PostgresCatalog.Table {
    var isAbsent: Bool { columns.isEmpty }

    /// What is left to do: the unknown members' column, or an index.
    func lacks(_ schema: CollectionSchema) -> (unknownColumn: Bool, indexes: Bool) {
        let writer = SQLSchemaWriter(PostgresDialect())
        let hasUnknown = columns.contains { TextOrder.equal($0.name, SQLTable.unknownColumn) }
        return (
            SQLTable.shouldKeepUnknown(schema) && !hasUnknown,
            !writer.indexNames(schema).allSatisfy { name in indexes.contains { TextOrder.equal($0.name, name) } }
        )
    }

    /// Checks the table against the schema (SCH-3), and describes it.
    func described(_ schema: CollectionSchema) throws -> PostgresTable {
        let table = try SQLSchemaWriter(PostgresDialect()).check(
            schema,
            hasColumns: columns.map(\.name),
            isSame: TextOrder.equal
        )
        for field in schema.fields {
            guard let column = columns.first(where: { TextOrder.equal($0.name, field.name) }) else { continue }
            try column.check(holds: field, of: schema)
        }
        let key = Set(schema.key.map { ByteText(schema.fields[$0].name) })
        let uniques = indexes.filter { $0.isUnique }
        guard let keyIndex = uniques.firstIndex(where: { $0.isWhole && Set($0.columns.map(ByteText.init)) == key })
        else {
            throw StorageError(
                .schemaMismatch,
                "the table has no primary key or unique index over the identifier fields",
                advice: "Migrate the table, or identify records by its own key"
            ).inCollection(schema.name)
        }
        let literals = table.foreignColumns.indices.filter { number in
            columns.contains { TextOrder.equal($0.name, table.foreignColumns[number]) && $0.isLiteral }
        }
        return try PostgresTable(
            table,
            uniqueColumns: Dictionary(uniques.map { (ByteText($0.name), $0.columns) }) { first, _ in first },
            mayMaskKey: keyIndex > 0,
            foreignLiterals: Set(literals)
        )
    }
}

extension PostgresCatalog.Table {
    /// The table for the comparison with what the history says.
    var live: SQLLiveTable {
        SQLLiveTable(
            columns: columns.map { column in
                SQLLiveTable.Column(
                    name: column.name,
                    type: column.typeName,
                    holds: Set(FieldType.allCases.filter { column.refusal(of: $0) == nil }),
                    isRequired: column.isRequired
                )
            },
            keys: indexes.filter { $0.isUnique && $0.isWhole }.map(\.columns),
            indexes: indexes.filter { !$0.isConstraint }.map { index in
                SQLLiveTable.Index(
                    name: index.name,
                    columns: index.columns,
                    isUnique: index.isUnique,
                    isWhole: index.isWhole
                )
            }
        )
    }
}

extension PostgresCatalog.Column {
    /// Whether the column's text form is a number or a truth value of JSON.
    fileprivate var isLiteral: Bool {
        let real = PostgresType(oid: 700)
        return [.bool, .int2, .int4, .int8, real, .float8, .numeric].contains(type)
    }

    /// Checks that the column keeps every value of a field as it is.
    fileprivate func check(holds field: FieldSchema, of schema: CollectionSchema) throws {
        if let refusal = refusal(of: field.type) { throw refusal.inCollection(schema.name).inField(field.name) }
    }

    /// Why it does not keep every value of a type as it is; nil when it does.
    fileprivate func refusal(of fieldType: FieldType) -> StorageError? {
        func refusal(_ message: String, _ advice: String) -> StorageError {
            StorageError(.schemaMismatch, message, advice: advice)
        }
        guard type.holds(fieldType), !isGenerated else {
            return refusal(
                "a column has another type than the schema's \(fieldType)",
                "Migrate the store to this schema"
            )
        }
        // A modifier rounds: timestamptz(0), numeric(10,2). A varchar refuses instead.
        if [.timestamptz, .numeric].contains(type), modifier >= 0, !(type == .timestamptz && modifier == 6) {
            return refusal("a column keeps fewer digits than the schema's \(fieldType)", "Drop the column's precision")
        }
        if fieldType == .text, !comparesBytes {
            return refusal(
                "a column orders text by a language and not by its bytes",
                "Give the column the collation \"C\""
            )
        }
        return nil
    }
}
#endif
