#if Postgres
internal import Stowage
internal import StowageSQL

/// Whether what is stored keeps what a schema says.
extension PostgresCatalog.Table {
    /// The table for the comparison with what the history says of a collection.
    func live(of collection: CollectionSchema) -> SQLLiveTable {
        let names = SQLSchemaWriter(PostgresDialect()).indexNames(collection)
        // A constraint brings its own index, which may stand in the place of a declared one.
        let shown = indexes.filter { index in
            !index.isConstraint || names.contains { TextOrder.equal($0, index.name) }
        }
        var table = SQLLiveTable(
            columns: columns.map { column in
                SQLLiveTable.Column(
                    name: column.name,
                    type: column.typeName,
                    holds: Set(FieldType.allCases.filter { column.refusal(of: $0) == nil }),
                    isRequired: column.isRequired,
                    hasDefault: column.hasDefault
                )
            },
            keys: indexes.filter(\.isKey).map { $0.columns.compactMap(\.self) },
            indexes: shown.map { index in
                SQLLiveTable.Index(
                    name: index.name,
                    columns: index.columns,
                    isUnique: index.isUnique,
                    isWhole: index.isWhole,
                    peculiarities: index.peculiarity.map { [$0] } ?? []
                )
            }
        )
        table.isUnlogged = isUnlogged
        return table
    }
}

extension PostgresCatalog.Column {
    /// Whether the column's text form is a number or a truth value of JSON.
    var isLiteral: Bool {
        let real = PostgresType(oid: 700)
        return [.bool, .int2, .int4, .int8, real, .float8, .numeric].contains(type)
    }

    /// Checks that the column keeps every value of a type as it is.
    func check(holds type: FieldType, named name: String, of schema: CollectionSchema) throws {
        if let refusal = refusal(of: type) { throw refusal.inCollection(schema.name).inField(name) }
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
        // A modifier rounds: timestamptz(0), numeric(10,2).
        if [.timestamptz, .numeric].contains(type), modifier >= 0, !(type == .timestamptz && modifier == 6) {
            return refusal("a column keeps fewer digits than the schema's \(fieldType)", "Drop the column's precision")
        }
        // A text that is too long is refused, but blanks at its end are cut without a word, as the SQL standard asks.
        if type == .varchar, modifier >= 0 {
            return refusal(
                "a column of limited length cuts the blanks at the end of a text",
                "Give the column the type text, or varchar without a length"
            )
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
