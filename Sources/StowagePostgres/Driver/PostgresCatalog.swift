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
        /// Whether the server fills it where an insert leaves it out.
        var hasDefault: Bool
    }

    struct Index {
        var name: String
        /// The columns in order; nil for an expression.
        var columns: [String?]
        var isUnique: Bool
        /// Whether it holds all rows.
        var isWhole: Bool
        /// Whether it keeps a constraint of the table.
        var isConstraint: Bool
        /// What else sets it apart from an ordinary index over columns that is built and checked at once; nil for one.
        var peculiarity: String?

        /// Whether no two rows share what it holds, and it says so before the statement ends.
        var isKey: Bool { isUnique && isWhole && peculiarity == nil && !columns.contains(nil) }
    }

    struct Table {
        var columns: [Column] = []
        /// In the order in which the server checks them.
        var indexes: [Index] = []
        /// Whether the server empties it after a crash.
        var isUnlogged = false
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
                typeName: try row.text(7),
                hasDefault: try row.bool(8)
            )
            let table = Int(try row.int8(0)) - 1
            tables[table].columns.append(column)
            tables[table].isUnlogged = try row.bool(9)
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
                        isConstraint: try row.bool(5),
                        peculiarity: try row.isNull(6) ? nil : row.text(6)
                    )
                )
            }
            let last = tables[table].indexes.count - 1
            tables[table].indexes[last].columns.append(try row.isNull(4) ? nil : row.text(4))
            if !row.isNull(7) {
                let known = tables[table].indexes[last].peculiarity.map { $0 + ", " } ?? ""
                tables[table].indexes[last].peculiarity = known + (try row.text(7))
            }
        }
    }

    /// The columns of the tables with these names. A domain counts as the type beneath it, whose modifier it brings.
    private static let columns = """
        SELECT w.number, a.attname::text, t.oid::int8, t.modifier::int8,
          a.attgenerated <> '' OR a.attidentity = 'a',
          coalesce(c.collname IN ('C', 'POSIX', 'ucs_basic', 'pg_c_utf8') OR c.collname = 'default' AND (
            SELECT to_jsonb(d)->>'datlocprovider' = 'b' OR coalesce(to_jsonb(d)->>'datlocprovider', 'c') = 'c'
              AND lower(d.datcollate) IN ('c', 'posix', 'c.utf8', 'c.utf-8')
            FROM pg_catalog.pg_database d WHERE d.datname = current_database()), true),
          a.attnotnull OR t.is_required, format_type(a.atttypid, a.atttypmod),
          a.atthasdef OR a.attidentity <> '' OR t.has_default,
          (SELECT r.relpersistence = 'u' FROM pg_catalog.pg_class r WHERE r.oid = a.attrelid)
        FROM unnest($1) WITH ORDINALITY AS w(name, number)
        JOIN pg_catalog.pg_attribute a ON a.attrelid = to_regclass(w.name) AND a.attnum > 0 AND NOT a.attisdropped
        CROSS JOIN LATERAL (
          WITH RECURSIVE b(oid, modifier, is_required, has_default, depth) AS (
            SELECT a.atttypid, a.atttypmod, false, false, 0
            UNION ALL
            SELECT p.typbasetype, p.typtypmod, b.is_required OR p.typnotnull,
              b.has_default OR p.typdefault IS NOT NULL, b.depth + 1
            FROM b JOIN pg_catalog.pg_type p ON p.oid = b.oid AND p.typtype = 'd')
          SELECT b.oid, b.modifier, b.is_required, b.has_default FROM b ORDER BY b.depth DESC LIMIT 1) t
        LEFT JOIN pg_catalog.pg_collation c ON c.oid = a.attcollation
        ORDER BY w.number, a.attnum
        """

    /// The columns of the indexes of the tables with these names, with what is out of the ordinary about each: first of
    /// the whole index, then of its column.
    private static let indexes = """
        SELECT w.number, i.relname::text, x.indisunique, x.indpred IS NULL, a.attname::text,
          EXISTS (SELECT FROM pg_catalog.pg_constraint o WHERE o.conindid = x.indexrelid AND o.contype IN ('p', 'u', 'x')),
          CASE WHEN k.position = 1 THEN nullif(concat_ws(', ',
            CASE WHEN m.amname <> 'btree' THEN m.amname END,
            CASE WHEN NOT (x.indisvalid AND x.indisready AND x.indislive) THEN 'not valid' END,
            CASE WHEN NOT x.indimmediate THEN 'deferred' END,
            CASE WHEN (to_jsonb(x)->>'indnullsnotdistinct')::bool THEN 'with equal nulls' END), '') END,
          nullif(concat_ws(', ',
            CASE WHEN m.amname = 'btree' AND x.indoption[k.position - 1] & 1 = 1 THEN 'descending' END,
            CASE WHEN m.amname = 'btree' AND x.indoption[k.position - 1] & 3 = 2 THEN 'nulls first' END,
            CASE WHEN m.amname = 'btree' AND x.indoption[k.position - 1] & 3 = 1 THEN 'nulls last' END,
            CASE WHEN a.attnum IS NOT NULL AND x.indcollation[k.position - 1] <> a.attcollation
              THEN 'collated by ' || coalesce(c.collname, 'nothing') END,
            CASE WHEN NOT o.opcdefault THEN 'by ' || o.opcname END), '')
        FROM unnest($1) WITH ORDINALITY AS w(name, number)
        JOIN pg_catalog.pg_index x ON x.indrelid = to_regclass(w.name)
        JOIN pg_catalog.pg_class i ON i.oid = x.indexrelid
        JOIN pg_catalog.pg_am m ON m.oid = i.relam
        CROSS JOIN LATERAL unnest(x.indkey::int2[]) WITH ORDINALITY AS k(attnum, position)
        LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = k.attnum AND k.attnum <> 0
        LEFT JOIN pg_catalog.pg_opclass o ON o.oid = x.indclass[k.position - 1]
        LEFT JOIN pg_catalog.pg_collation c ON c.oid = x.indcollation[k.position - 1]
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
            try column.check(holds: field.type, named: field.name, of: schema)
        }
        if let unknown = columns.first(where: { TextOrder.equal($0.name, SQLTable.unknownColumn) }) {
            try unknown.check(holds: .json, named: unknown.name, of: schema)
        }
        let key = Set(schema.key.map { ByteText(schema.fields[$0].name) })
        let uniques = indexes.filter { $0.isUnique }
        guard
            let keyIndex = uniques.firstIndex(where: { index in
                index.isKey && Set(index.columns.compactMap(\.self).map(ByteText.init)) == key
            })
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
            uniqueColumns: Dictionary(uniques.map { (ByteText($0.name), $0.columns.compactMap(\.self)) }) { first, _ in
                first
            },
            mayMaskKey: keyIndex > 0,
            foreignLiterals: Set(literals)
        )
    }
}
#endif
