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

        package init(name: String, type: String, holds: Set<FieldType>, isRequired: Bool) {
            self.name = name
            self.type = type
            self.holds = holds
            self.isRequired = isRequired
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
        /// What else sets it apart from an ordinary index over columns; nil for one.
        package var peculiarity: String?

        package init(
            name: String,
            columns: [String?],
            isUnique: Bool,
            isWhole: Bool,
            peculiarity: String? = nil
        ) {
            self.peculiarity = peculiarity
            self.name = name
            self.columns = columns
            self.isUnique = isUnique
            self.isWhole = isWhole
        }
    }

    /// The columns; none when the table is absent.
    package var columns: [Column]
    /// Sets of columns that no two rows share, the primary key first.
    package var keys: [[String]]
    package var indexes: [Index]

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
                    column.isRequired ? "NOT NULL, and the field is optional" : "nullable, and the field is required"
                found.append(difference(.otherOptionality, field.name, how))
            }
        }
        for column in columns where !isSame(column.name, SQLTable.unknownColumn) {
            if !shape.fields.contains(where: { isSame($0.name, column.name) }) {
                found.append(difference(.extraField, column.name, column.type.isEmpty ? nil : column.type))
            }
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
        return found + indexDifferences(from: shape, dialect, isSame: isSame)
    }

    private func indexDifferences(
        from shape: CollectionShape,
        _ dialect: any SQLDialect,
        isSame: (String, String) -> Bool
    ) -> [SchemaDifference] {
        let names = SQLSchemaWriter(dialect).indexNames(shape.schema)
        var found: [SchemaDifference] = []
        for name in names {
            guard let index = indexes.first(where: { isSame($0.name, name) }) else {
                found.append(SchemaDifference(.missingIndex, in: shape.name, name))
                continue
            }
            // Our own second index of a decimal holds an expression.
            guard let wanted = shape.indexes.first(where: { TextOrder.equal($0.name, name) }) else { continue }
            let isOther =
                index.columns.count != wanted.fields.count || index.isUnique != wanted.isUnique || !index.isWhole
                || index.peculiarity != nil
                || !zip(index.columns, wanted.fields).allSatisfy { column, field in
                    column.map { isSame($0, field) } ?? true
                }
            if isOther {
                let columns = index.columns.map { $0 ?? "an expression" }.joined(separator: ", ")
                let kind = index.isUnique ? "unique on" : "on"
                let part = (index.isWhole ? "" : ", of some rows") + (index.peculiarity.map { ", " + $0 } ?? "")
                found.append(SchemaDifference(.otherIndex, in: shape.name, name, "\(kind) \(columns)\(part)"))
            }
        }
        for index in indexes where !names.contains(where: { isSame($0, index.name) }) {
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
