package import Stowage

/// A table as it stands in a database, for the comparison with what the history says.
package struct SQLLiveTable: Sendable {
    /// A column.
    package struct Column: Sendable {
        package var name: String
        /// Its type, as the engine writes it.
        package var type: String
        /// Which fields it holds without loss.
        package var holds: Set<FieldType>
        package var isRequired: Bool
        /// Whether the engine fills it where an insert leaves it out: by a default, or by making the value.
        package var hasDefault: Bool
        /// Whether a row is known to hold null in it.
        package var holdsNull = false

        package init(
            name: String,
            type: String,
            holds: Set<FieldType>,
            isRequired: Bool,
            hasDefault: Bool = false
        ) {
            self.name = name
            self.type = type
            self.holds = holds
            self.isRequired = isRequired
            self.hasDefault = hasDefault
        }
    }

    /// An index that no constraint brings along.
    package struct Index: Sendable {
        package var name: String
        /// The columns in order; nil for an expression.
        package var columns: [String?]
        package var isUnique: Bool
        /// Whether it holds all rows.
        package var isWhole: Bool
        /// The statement that made it, as the engine keeps it: only that says what an expression is.
        package var definition: String?
        /// What its keys have otherwise than ascending columns that compare as the column does: `tag DESC`.
        package var peculiarities: [String]

        package init(
            name: String,
            columns: [String?],
            isUnique: Bool,
            isWhole: Bool,
            definition: String? = nil,
            peculiarities: [String] = []
        ) {
            self.name = name
            self.columns = columns
            self.isUnique = isUnique
            self.isWhole = isWhole
            self.definition = definition
            self.peculiarities = peculiarities
        }

        /// Whether it is what ``SQLSchemaWriter`` makes.
        package func isMade(as wanted: SQLSchemaWriter.Index, isSame: (String, String) -> Bool) -> Bool {
            guard isUnique == wanted.isUnique, isWhole, peculiarities.isEmpty, columns.count == wanted.keys.count else {
                return false
            }
            if wanted.hasExpressions {
                return definition?.utf8.reversed().starts(with: "(\(wanted.keyList))".utf8.reversed()) ?? false
            }
            return zip(columns, wanted.keys).allSatisfy { column, key in column.map { isSame($0, key.field) } ?? false }
        }

        /// What it is, in words.
        package var summary: String {
            let keys = columns.map { $0 ?? "an expression" }.joined(separator: ", ")
            return "\(isUnique ? "unique on" : "on") \(keys)\(isWhole ? "" : ", of some rows")"
                + peculiarities.map { ", \($0)" }.joined()
        }
    }

    /// The columns; none when the table is absent.
    package var columns: [Column]
    /// Sets of columns that no two rows share, the primary key first.
    package var keys: [[String]]
    package var indexes: [Index]
    /// The engine's rules about its rows, as far as they were asked for.
    package var rules: [StoredConstraint] = []
    /// Whether it loses its rows when the server crashes.
    package var isUnlogged = false

    package init(columns: [Column] = [], keys: [[String]] = [], indexes: [Index] = []) {
        self.columns = columns
        self.keys = keys
        self.indexes = indexes
    }

    /// Whether there is no such table.
    package var isAbsent: Bool { columns.isEmpty }

    /// What the table has otherwise than a shape.
    ///
    /// - Parameter isSame: How the engine compares names.
    package func differences(
        from shape: CollectionShape,
        _ dialect: any SQLDialect,
        isSame: (String, String) -> Bool
    ) -> [SchemaDifference] {
        func difference(
            _ kind: SchemaDifference.Kind,
            _ name: String? = nil,
            _ detail: String? = nil
        ) -> SchemaDifference {
            SchemaDifference(kind, in: shape.name, name, detail)
        }
        if isAbsent { return [difference(.missingCollection)] }
        var found: [SchemaDifference] = []
        for field in shape.fields {
            guard let column = columns.first(where: { isSame($0.name, field.name) }) else {
                found.append(difference(.missingField, field.name))
                continue
            }
            if !column.holds.contains(field.type) {
                let type = column.type.isEmpty ? "no type" : column.type
                found.append(difference(.otherType, field.name, "\(type), which does not hold \(field.type)"))
            }
            if column.isRequired == field.isOptional {
                let how =
                    column.isRequired
                    ? "NOT NULL, and the field is optional"
                    : "\(column.holdsNull ? "a row holds null in it" : "nullable"), and the field is required"
                found.append(difference(.otherOptionality, field.name, how))
            }
        }
        found += foreignColumns(beside: shape, isSame: isSame)
        if SQLTable.shouldKeepUnknown(shape.schema),
            !columns.contains(where: { isSame($0.name, SQLTable.unknownColumn) })
        {
            found.append(difference(.missingUnknowns, SQLTable.unknownColumn))
        }
        if let unknown = columns.first(where: { isSame($0.name, SQLTable.unknownColumn) }),
            !unknown.holds.contains(.json)
        {
            found.append(difference(.otherType, unknown.name, "\(unknown.type), which does not hold json"))
        }
        let wanted = shape.key
        let hasKey = keys.contains { key in
            key.count == wanted.count && wanted.allSatisfy { name in key.contains { isSame($0, name) } }
        }
        if !hasKey { found.append(difference(.otherKey, nil, keys.first?.joined(separator: ", "))) }
        if isUnlogged { found.append(difference(.unlogged)) }
        found += rules.compactMap { rule in
            rule.inWords.map { difference(.foreignRule, $0) }
        }
        return found + indexDifferences(from: shape, dialect, isSame: isSame)
    }

    /// Columns that the schema does not name. One that must hold something, and that nobody fills, refuses our inserts.
    private func foreignColumns(
        beside shape: CollectionShape,
        isSame: (String, String) -> Bool
    ) -> [SchemaDifference] {
        columns.compactMap { column in
            if isSame(column.name, SQLTable.unknownColumn) { return nil }
            if shape.fields.contains(where: { isSame($0.name, column.name) }) { return nil }
            guard column.isRequired, !column.hasDefault else {
                return SchemaDifference(
                    .foreignField,
                    in: shape.name,
                    column.name,
                    column.type.isEmpty ? nil : column.type
                )
            }
            let type = column.type.isEmpty ? "" : column.type + " "
            return SchemaDifference(
                .extraField,
                in: shape.name,
                column.name,
                "\(type)NOT NULL without a default, so new records are refused"
            )
        }
    }

    private func indexDifferences(
        from shape: CollectionShape,
        _ dialect: any SQLDialect,
        isSame: (String, String) -> Bool
    ) -> [SchemaDifference] {
        let wanted = SQLSchemaWriter(dialect).indexes(shape.schema)
        var found: [SchemaDifference] = []
        for wanted in wanted {
            guard let index = indexes.first(where: { isSame($0.name, wanted.name) }) else {
                found.append(SchemaDifference(.missingIndex, in: shape.name, wanted.name))
                continue
            }
            if !index.isMade(as: wanted, isSame: isSame) {
                found.append(SchemaDifference(.otherIndex, in: shape.name, wanted.name, index.summary))
            }
        }
        for index in indexes where !wanted.contains(where: { isSame($0.name, index.name) }) {
            found.append(SchemaDifference(.extraIndex, in: shape.name, index.name))
        }
        return found
    }

    /// Columns that only earlier versions of the schema had.
    package func forgotten(_ shape: CollectionShape, isSame: (String, String) -> Bool) -> [SchemaDifference] {
        shape.fields.filter { field in columns.contains { isSame($0.name, field.name) } }.map {
            SchemaDifference(.records, in: shape.name, $0.name, "there is \($0.name), a field of an earlier version")
        }
    }
}

extension StoredConstraint {
    /// What it is, for a rule that no schema can name; nil for the others.
    fileprivate var inWords: String? {
        let what: String? =
            switch kind {
            case .check: "CHECK"
            case .foreignKey: "foreign key"
            case .trigger: "trigger"
            case .other: "rule"
            // What a removal does elsewhere changes no record; code that does it is named as a trigger. What this user
            // may not see is told as the rule behind it, so that every user reads the same.
            case .required, .unique, .removal, .reference, .visibility: nil
            }
        return what.map { name.isEmpty ? $0 : "\($0) \(StorageError.quoted(name))" }
    }
}
