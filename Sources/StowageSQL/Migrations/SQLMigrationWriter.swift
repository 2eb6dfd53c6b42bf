internal import FoundationEssentials
package import Stowage

/// Writes migrations for one engine.
package struct SQLMigrationWriter: Sendable {
    package let dialect: any SQLDialect
    private let schema: SQLSchemaWriter

    package init(_ dialect: any SQLDialect) {
        self.dialect = dialect
        schema = SQLSchemaWriter(dialect)
    }

    /// The steps of all migrations.
    ///
    /// - Throws: `configuration` as ``SchemaMigrations/versions()``; `unsupported` for what the engine lacks.
    package func migrations(_ migrations: SchemaMigrations) throws -> [SQLMigration] {
        let versions = try migrations.versions()
        return try migrations.list.enumerated().map { index, migration in
            var replay = versions[index]
            var steps: [SQLMigrationStep] = []
            for operation in migration.operations {
                let before = replay
                replay = try SchemaMigrations.shapes(before, after: operation)
                steps += try self.steps(of: operation, before, replay)
            }
            return SQLMigration(migration: migration, steps: steps, before: versions[index], after: replay)
        }
    }

    /// The tables that Stowage keeps for itself, as a text of their own.
    package func ownTables() throws -> String {
        let tables = try [CollectionSchema.state, .migrationHistory].map { try schema.createTable($0) + ";\n" }
        return "-- Stowage's own tables: the state's fields, and which migrations were applied\n\n"
            + tables.joined(separator: "\n")
    }

    private func steps(
        of operation: SchemaOperation,
        _ before: [CollectionShape],
        _ after: [CollectionShape]
    ) throws -> [SQLMigrationStep] {
        switch operation {
        case .createCollection(let name, _, let namespace):
            let collection = try find(name, after).schema
            var steps: [SQLMigrationStep] = []
            if let namespace {
                let sql = "CREATE SCHEMA IF NOT EXISTS \(dialect.quoted(namespace))"
                steps.append(.namespace(namespace, statement: sql))
            }
            return try steps + schema.create(collection).map(SQLMigrationStep.statement)
        case .dropCollection(let name):
            return [.statement("DROP TABLE \(try dialect.table(find(name, before).schema))")]
        case .addField(let field, let name, let value):
            return try add(field, value, find(name, before), find(name, after))
        case .renameField(let field, let name, let new):
            return try rename(field, new, find(name, before), find(name, after))
        case .dropField(let field, let name):
            let (old, new) = (try find(name, before), try find(name, after))
            return try dropIndexes(of: old, notIn: new)
                + [.statement("ALTER TABLE \(dialect.table(old.schema)) DROP COLUMN \(dialect.quoted(field))")]
        case .addIndex(_, let name, _):
            return try createIndexes(of: find(name, after), notIn: find(name, before))
        case .dropIndex(_, let name, _):
            return try dropIndexes(of: find(name, before), notIn: find(name, after))
        case .changeType(let field, let name, let type):
            return try change(field, to: type, find(name, before), find(name, after))
        case .makeOptional(let field, let name):
            return try setOptional(true, field, nil, find(name, before), find(name, after))
        case .makeRequired(let field, let name, let value):
            return try setOptional(false, field, value, find(name, before), find(name, after))
        case .sql(let sqlite, let postgres, _):
            guard let script = dialect is PostgresDialect ? postgres : sqlite else {
                return [.nothing("Nothing is to be done on this engine")]
            }
            return [.script(script)]
        case .transform(let transform):
            return [.rewrite(.transform(transform, in: try find(transform.collection, after).schema))]
        }
    }

    private func find(_ name: String, _ shapes: [CollectionShape]) throws -> CollectionShape {
        guard let shape = shapes.first(where: { $0.isNamed(name) }) else {
            throw StorageError(.configuration, "there is no collection \(name)")
        }
        return shape
    }

    // MARK: Fields

    private func add(
        _ field: MigrationField,
        _ value: Value?,
        _ old: CollectionShape,
        _ new: CollectionShape
    ) throws -> [SQLMigrationStep] {
        let table = try dialect.table(new.schema)
        let column = dialect.quoted(field.name)
        let type = dialect.columnType(field.type).map { " \($0)" } ?? ""
        var steps: [SQLMigrationStep] = []
        if let value {
            let literal = try dialect.literal(value)
            let clause = addsRequiredAtOnce && !field.isOptional ? " NOT NULL DEFAULT \(literal)" : ""
            steps.append(addColumn(table, column, type + clause, field.name, new))
            steps.append(.statement("UPDATE \(table) SET \(column) = \(literal) WHERE \(column) IS NULL"))
        } else {
            steps.append(addColumn(table, column, type, field.name, new))
        }
        steps.append(.rewrite(.takeUp(field.name, in: new.schema)))
        if !field.isOptional, !addsRequiredAtOnce {
            steps.append(.statement("ALTER TABLE \(table) ALTER COLUMN \(column) SET NOT NULL"))
        }
        return try steps + createIndexes(of: new, notIn: old)
    }

    /// SQLite cannot make a column required later; it keeps the default, which Stowage never uses.
    private var addsRequiredAtOnce: Bool { !(dialect is PostgresDialect) }

    private func addColumn(
        _ table: String,
        _ column: String,
        _ type: String,
        _ name: String,
        _ shape: CollectionShape
    ) -> SQLMigrationStep {
        let condition = dialect is PostgresDialect ? "IF NOT EXISTS " : ""
        return .addColumn(
            "ALTER TABLE \(table) ADD COLUMN \(condition)\(column)\(type)",
            named: name,
            of: shape.schema
        )
    }

    private func rename(
        _ field: String,
        _ name: String,
        _ old: CollectionShape,
        _ new: CollectionShape
    ) throws -> [SQLMigrationStep] {
        let table = try dialect.table(old.schema)
        return try dropIndexes(of: old, notIn: new)
            + [
                .statement(
                    "ALTER TABLE \(table) RENAME COLUMN \(dialect.quoted(field)) TO \(dialect.quoted(name))"
                ),
                .rewrite(.refuseMember(name, in: new.schema)),
            ] + createIndexes(of: new, notIn: old)
    }

    /// The new type comes as a column beside the old one, is filled, and takes its place: so every engine keeps the
    /// table's foreign columns, triggers and views.
    private func change(
        _ field: String,
        to type: FieldType,
        _ old: CollectionShape,
        _ new: CollectionShape
    ) throws -> [SQLMigrationStep] {
        let shape = old.fields.first { TextOrder.equal($0.name, field) }
        guard let shape, let conversion = ValueConversion(from: shape.type, to: type) else {
            throw StorageError(.configuration, "the field \(field) of \(old.name) does not convert to \(type)")
        }
        let table = try dialect.table(old.schema)
        let column = dialect.quoted(field)
        var declaration = dialect.columnType(type).map { " \($0)" } ?? ""
        if !shape.isOptional, addsRequiredAtOnce {
            declaration += " NOT NULL DEFAULT \(try dialect.literal(Self.zero(type)))"
        }
        let wide = CollectionSchema(
            name: old.name,
            namespace: old.namespace,
            fields: old.schema.fields + [FieldSchema(name: Self.shadow, type: type, isOptional: true)],
            key: old.schema.key,
            indexes: []
        )
        var steps = try dropIndexes(of: old, with: field)
        steps += try replacing(field, of: old.schema, by: declaration) {
            .rewrite(.convert(field, to: Self.shadow, by: conversion, in: wide))
        }
        if !shape.isOptional, !addsRequiredAtOnce {
            steps.append(.statement("ALTER TABLE \(table) ALTER COLUMN \(column) SET NOT NULL"))
        }
        return try steps + createIndexes(of: new, with: field)
    }

    /// A column of another declaration, which is filled beside the old one and takes its place.
    private func replacing(
        _ field: String,
        of collection: CollectionSchema,
        by declaration: String,
        filled: () -> SQLMigrationStep
    ) throws -> [SQLMigrationStep] {
        let (table, column, beside) = (
            try dialect.table(collection), dialect.quoted(field), dialect.quoted(Self.shadow)
        )
        let steps: [SQLMigrationStep] = [
            .statement("ALTER TABLE \(table) ADD COLUMN \(beside)\(declaration)"), filled(),
            .statement("ALTER TABLE \(table) DROP COLUMN \(column)"),
            .statement("ALTER TABLE \(table) RENAME COLUMN \(beside) TO \(column)"),
        ]
        return [.replacing(column: field, of: collection, steps: steps)]
    }

    /// Changes whether a column takes null. SQLite has no statement for that, so another column takes its place.
    private func setOptional(
        _ isOptional: Bool,
        _ field: String,
        _ value: Value?,
        _ old: CollectionShape,
        _ new: CollectionShape
    ) throws -> [SQLMigrationStep] {
        let table = try dialect.table(old.schema)
        let column = dialect.quoted(field)
        let literal = try value.map { try dialect.literal($0) }
        let check: [SQLMigrationStep] =
            isOptional || value != nil ? [] : [.rewrite(.requireValue(field, in: old.schema))]
        if dialect is PostgresDialect {
            if isOptional { return [.statement("ALTER TABLE \(table) ALTER COLUMN \(column) DROP NOT NULL")] }
            // Nobody may write null between the filling and the rule.
            var steps: [SQLMigrationStep] = [.statement("LOCK TABLE \(table) IN ACCESS EXCLUSIVE MODE")]
            if let literal {
                steps.append(.statement("UPDATE \(table) SET \(column) = \(literal) WHERE \(column) IS NULL"))
            }
            return steps + check + [.statement("ALTER TABLE \(table) ALTER COLUMN \(column) SET NOT NULL")]
        }
        guard let position = new.position(of: field) else { return [] }
        let type = new.fields[position].type
        var declaration = dialect.columnType(type).map { " \($0)" } ?? ""
        if !isOptional { declaration += " NOT NULL DEFAULT \(try literal ?? dialect.literal(Self.zero(type)))" }
        let beside = dialect.quoted(Self.shadow)
        return try check + dropIndexes(of: old, with: field)
            + replacing(field, of: old.schema, by: declaration) {
                .statement("UPDATE \(table) SET \(beside) = \(column) WHERE \(column) IS NOT NULL")
            } + createIndexes(of: new, with: field)
    }

    /// The name of a column while a field changes its type.
    private static let shadow = "_stowage_changing"

    /// A value of a type, to stand in a required column until it is filled.
    private static func zero(_ type: FieldType) -> Value {
        switch type {
        case .bool: .bool(false)
        case .int: .int(0)
        case .double: .double(0)
        case .data: .data(Data())
        default: .text("")
        }
    }

    // MARK: Indexes

    private func createIndexes(of new: CollectionShape, notIn old: CollectionShape) throws -> [SQLMigrationStep] {
        try create(new.indexes.filter { index in !old.indexes.contains(index) }, of: new)
    }

    private func dropIndexes(of old: CollectionShape, notIn new: CollectionShape) throws -> [SQLMigrationStep] {
        drop(old.indexes.filter { index in !new.indexes.contains(index) }, of: old)
    }

    private func createIndexes(of shape: CollectionShape, with field: String) throws -> [SQLMigrationStep] {
        try create(shape.indexes.filter { $0.fields.contains { TextOrder.equal($0, field) } }, of: shape)
    }

    private func dropIndexes(of shape: CollectionShape, with field: String) throws -> [SQLMigrationStep] {
        drop(shape.indexes.filter { $0.fields.contains { TextOrder.equal($0, field) } }, of: shape)
    }

    private func create(_ indexes: [CollectionShape.IndexShape], of shape: CollectionShape) throws -> [SQLMigrationStep]
    {
        try schema.createIndexes(shape.with(indexes)).map(SQLMigrationStep.statement)
    }

    private func drop(_ indexes: [CollectionShape.IndexShape], of shape: CollectionShape) -> [SQLMigrationStep] {
        let namespace = shape.namespace.map { dialect.quoted($0) + "." } ?? ""
        return schema.indexNames(shape.with(indexes)).map { name in
            .statement("DROP INDEX IF EXISTS \(namespace)\(dialect.quoted(name))")
        }
    }
}

extension CollectionShape {
    /// The collection with some of its indexes alone.
    fileprivate func with(_ indexes: [IndexShape]) -> CollectionSchema {
        var copy = self
        copy.indexes = indexes
        return copy.schema
    }
}
