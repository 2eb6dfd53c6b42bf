internal import Stowage

/// Something that has a name which a table or an index might want.
package struct SQLRelation: Sendable {
    package let name: String
    /// The namespace; nil for that of the store.
    package let namespace: String?
    /// The table to which an index belongs; nil for what is no index.
    package let table: String?

    package init(name: String, namespace: String? = nil, table: String? = nil) {
        self.name = name
        self.namespace = namespace
        self.table = table
    }
}

/// What can be seen to stand in the way of migrations before the first of them runs.
extension SQLSchemaFindings {
    /// The names that any version gives to a table or an index, by namespace.
    package var names: [(name: String, namespace: String?)] {
        versions.joined().flatMap { shape in
            ([shape.name] + indexNames(shape)).map { ($0, shape.namespace) }
        }
    }

    private func indexNames(_ shape: CollectionShape) -> [String] { SQLSchemaWriter(dialect).indexNames(shape.schema) }

    /// How Stowage's own tables differ from what they should be. The state's is made with the history; that of moves
    /// comes with the first move.
    func ownDifferences() -> [SchemaDifference] {
        let history: [SchemaDifference] =
            historyIsUnlogged ? [SchemaDifference(.unlogged, in: CollectionSchema.migrationHistory.name)] : []
        return history + formDifferences()
    }

    private func formDifferences() -> [SchemaDifference] {
        Self.ownCollections.flatMap { collection -> [SchemaDifference] in
            let table = ownTables[ByteText(collection.name)] ?? SQLLiveTable()
            if table.isAbsent, history.isEmpty || !collection.isState { return [] }
            return table.differences(from: CollectionShape(collection), dialect, isSame: isSame)
        }
    }

    /// Opening the store would refuse them afterwards.
    func requireOwnTables() throws {
        let wrong = ownDifferences().filter { $0.preventsAdoption && $0.kind != .missingCollection }
        guard let first = wrong.first else { return }
        let names = wrong.prefix(4).map(\.description) + (wrong.count > 4 ? ["and \(wrong.count - 4) more"] : [])
        throw StorageError(
            .schemaMismatch,
            "a table of Stowage's own has another form: " + names.joined(separator: "; "),
            advice: "Restore the table or a backup, or drop the table if it is another program's; nothing was changed"
        ).inCollection(first.collection)
    }

    /// The names of tables and indexes that are to be made must be free. What SQL of the app's own does nobody can tell:
    /// what comes after it is not looked at.
    func requireFreeNames(for plan: Plan) throws {
        let applied = plan.pending.first.map { $0.known.number - 1 } ?? 0
        let live = plan.adopted.isEmpty ? applied : plan.adopted.count
        if !plan.adopted.isEmpty {
            for shape in versions[live] { try requireFree(shape, besides: nil, for: "the store") }
        }
        for (known, migration) in plan.pending {
            if migration.steps.contains(where: { if case .script = $0 { true } else { false } }) { return }
            for shape in migration.after {
                let before = migration.before.first { $0.isNamed(shape.name) }
                try requireFree(shape, besides: before, for: "migration \(known.title)", live: versions[live])
            }
        }
    }

    /// - Parameters:
    ///   - before: The shape whose names are there already.
    ///   - live: The collections as they stand: an index of theirs may go before its name is wanted.
    private func requireFree(
        _ shape: CollectionShape,
        besides before: CollectionShape?,
        for user: String,
        live: [CollectionShape]? = nil
    ) throws {
        let known = before.map(indexNames) ?? []
        let standing = live?.first { $0.isNamed(shape.name) }.map(indexNames) ?? []
        let table = tables[ByteText(shape.name)] ?? SQLLiveTable()
        var taken: (name: String, by: String)?
        for index in SQLSchemaWriter(dialect).indexes(shape.schema) {
            if known.contains(where: { isSame($0, index.name) }) { continue }
            if let relation = foreign(index.name, shape.namespace) {
                taken = (index.name, relation.table.map { "an index of the table \($0)" } ?? "something else")
            } else if !standing.contains(where: { isSame($0, index.name) }),
                let own = table.indexes.first(where: { isSame($0.name, index.name) }),
                live != nil, !own.isMade(as: index, isSame: isSame)
            {
                taken = (index.name, "another index of its table, \(own.summary)")
            }
        }
        if before == nil, table.isAbsent, let relation = foreign(shape.name, shape.namespace) {
            taken = (shape.name, relation.table.map { "an index of the table \($0)" } ?? "something else")
        }
        guard let taken else { return }
        throw StorageError(
            .schemaMismatch,
            "\(user) needs the name \(StorageError.quoted(taken.name)), which \(taken.by) has",
            advice: "Rename or remove that, then try again; nothing was changed"
        ).inCollection(shape.name).from(StorageError.BackendCode("name", constraint: taken.name))
    }

    /// What has the name and belongs to no collection of any version.
    private func foreign(_ name: String, _ namespace: String?) -> SQLRelation? {
        relations.first { relation in
            guard isSame(relation.name, name), relation.namespace == namespace else { return false }
            let owner = relation.table ?? relation.name
            return !collections.contains { isSame($0.name, owner) }
        }
    }
}
