#if Postgres
public import Stowage
internal import StowageSQL

extension PostgresDriver: ConstrainedDriver {
    /// Reads the catalogs.
    public func constraints(
        on collection: CollectionSchema,
        context: OperationContext
    ) async throws -> [StoredConstraint] {
        let table = try opened(collection)
        return try await read(context, table) { try await Self.constraints(on: table.name, $0, context.deadline) }
    }

    /// The rules of a table, whose name is quoted.
    static func constraints(
        on table: String,
        _ connection: PostgresConnection,
        _ deadline: Deadline
    ) async throws -> [StoredConstraint] {
        let statement = PostgresStatement(Self.constraints, [.text(table)], isPrepared: false)
        var found: [StoredConstraint] = []
        let result = try await connection.run([statement], deadline: deadline).first
        try result?.forEachRow { row in
            let (kind, name) = (StoredConstraint.Kind(rawValue: try row.text(0)) ?? .other, try row.text(1))
            let column = row.isNull(2) ? nil : try row.text(2)
            // The columns of one rule follow each other.
            if let column, let last = found.indices.last, found[last].kind == kind, !name.isEmpty,
                TextOrder.equal(found[last].name, name)
            {
                found[last].columns.append(column)
            } else {
                found.append(StoredConstraint(kind, name: name, columns: column.map { [$0] } ?? []))
            }
        }
        return found
    }

    /// The columns that were found when the collection was opened.
    public func foreignColumns(of collection: CollectionSchema, context: OperationContext) async throws -> [String] {
        try opened(collection).table.foreignColumns
    }

    /// Kind, name and column. A unique index over an expression, or of some rows, names no column.
    ///
    /// What hangs on a partition or on an inheriting table is set off with the table's own rows. Rows of an inheriting
    /// table, unlike those of a partition, are another program's: they are named, and not removed.
    private static let constraints = """
        WITH RECURSIVE t AS (SELECT to_regclass($1)::oid AS id),
        tree(id) AS (
          SELECT id FROM t UNION SELECT h.inhrelid FROM pg_catalog.pg_inherits h JOIN tree ON h.inhparent = tree.id),
        heir AS (
          SELECT 'inheriting table ' || tree.id::regclass AS name FROM tree, t
          JOIN pg_catalog.pg_class p ON p.oid = t.id
          WHERE p.relkind <> 'p' AND tree.id <> t.id)
        SELECT DISTINCT kind, name, column_name, place, kind COLLATE "C", name COLLATE "C" FROM (
          SELECT 'required' AS kind, '' AS name, a.attname::text AS column_name, a.attnum::int8 AS place
          FROM pg_catalog.pg_attribute a, t
          WHERE a.attrelid = t.id AND a.attnum > 0 AND NOT a.attisdropped AND a.attnotnull AND NOT a.atthasdef
            AND a.attidentity = '' AND a.attgenerated = ''
          UNION ALL
          SELECT 'unique', i.relname::text,
            CASE WHEN x.indpred IS NULL AND x.indexprs IS NULL THEN a.attname::text END, k.position
          FROM pg_catalog.pg_index x JOIN t ON x.indrelid = t.id
          JOIN pg_catalog.pg_class i ON i.oid = x.indexrelid
          CROSS JOIN LATERAL unnest(x.indkey::int2[]) WITH ORDINALITY AS k(attnum, position)
          LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = k.attnum AND k.attnum > 0
          WHERE x.indisunique AND x.indisvalid AND k.position <= x.indnkeyatts
          UNION ALL
          SELECT CASE o.contype WHEN 'c' THEN 'check' WHEN 'f' THEN 'foreignKey' ELSE 'other' END, o.conname::text, NULL, 0
          FROM pg_catalog.pg_constraint o, t WHERE o.conrelid = t.id AND o.contype IN ('c', 'f', 'x')
          UNION ALL
          SELECT 'check', 'of the domain ' || y.typname, a.attname::text, 0
          FROM pg_catalog.pg_attribute a JOIN t ON a.attrelid = t.id
          JOIN pg_catalog.pg_type y ON y.oid = a.atttypid AND y.typtype = 'd'
          WHERE a.attnum > 0 AND NOT a.attisdropped
          UNION ALL
          SELECT 'trigger', g.tgname::text, NULL, 0
          FROM pg_catalog.pg_trigger g, t WHERE g.tgrelid = t.id AND NOT g.tgisinternal AND g.tgenabled <> 'D'
          UNION ALL
          SELECT 'removal', 'trigger ' || g.tgname, NULL, 0
          FROM pg_catalog.pg_trigger g, tree WHERE g.tgrelid = tree.id AND NOT g.tgisinternal AND g.tgenabled <> 'D'
            AND g.tgtype & 8 <> 0
          UNION ALL
          SELECT 'removal', 'rule ' || w.rulename, NULL, 0
          FROM pg_catalog.pg_rewrite w, t WHERE w.ev_class = t.id AND w.ev_type = '4'
          UNION ALL
          SELECT CASE WHEN o.confdeltype IN ('c', 'n', 'd') THEN 'removal' ELSE 'reference' END,
            'foreign key of the table ' || o.conrelid::regclass, NULL, 0
          FROM pg_catalog.pg_constraint o, tree WHERE o.confrelid = tree.id AND o.contype = 'f'
          UNION ALL
          SELECT 'removal', heir.name, NULL, 0 FROM heir
          UNION ALL
          SELECT 'other', heir.name, NULL, 0 FROM heir
          UNION ALL
          SELECT 'visibility', 'row security', NULL, 0
          FROM t WHERE t.id IS NOT NULL AND pg_catalog.row_security_active(t.id)
          UNION ALL
          SELECT 'other', 'row security', NULL, 0
          FROM pg_catalog.pg_class c, t WHERE c.oid = t.id AND c.relrowsecurity
          UNION ALL
          SELECT 'other', w.rulename::text, NULL, 0
          FROM pg_catalog.pg_rewrite w, t WHERE w.ev_class = t.id AND w.rulename <> '_RETURN'
        ) AS found ORDER BY kind COLLATE "C", name COLLATE "C", place
        """
}
#endif
