public import Stowage

extension StorageBackup {
    /// Makes a store equal to the backup: its records, unknown keys and state; what the store held besides is removed.
    /// Only its history of schema migrations stays: the last move into it is forgotten, with all that was kept to go on
    /// with it or to undo it.
    ///
    /// It is one transaction, in which what was written is read back and compared with the file before it is committed:
    /// readers, and whoever comes after a crash, see the old store or the new one (DUR-2).
    ///
    /// - Parameters:
    ///   - storage: An initialized storage.
    ///   - replacing: Whether a store that holds records, or another state, is replaced.
    ///   - progress: Told after each page.
    /// - Throws: `alreadyExists` when there is something to replace and `replacing` is false; `constraint` for records
    ///   that break a unique index, and when removing records would change other tables; `corrupt` when the file was changed meanwhile; `readOnly`, `storageFull`,
    ///   `commitUnknown` (TXN-5), `cancelled`; `invalidArgument` inside a transaction. Nothing is changed then.
    public func restore(
        into storage: some DatabaseStorage<Record, State>,
        replacing: Bool = false,
        progress: (@Sendable (MoveProgress) -> Void)? = nil
    ) async throws -> RestoreReport {
        let database = try storage.handle.openDatabase(for: "a restore")
        try database.requireWritable()
        return try await database.running {
            // What cannot be seen would be neither removed nor compared.
            try await database.requireAllVisible(collection)
            let books = try await MoveBooks(of: collection, in: database)
            let rules = try await rules(of: database)
            do { return try await replace(database, replacing, books, rules, progress) } catch {
                throw rules.explained(error, collection)
            }
        }
    }

    private func replace(
        _ database: StorageDatabase,
        _ replacing: Bool,
        _ books: MoveBooks,
        _ rules: TargetRules,
        _ progress: (@Sendable (MoveProgress) -> Void)?
    ) async throws -> RestoreReport {
        // A weaker level would let records of others stand beside those of the backup.
        return try await TargetWriter(database: database).transaction(isLong: true, isolation: .serializable) {
            let target = Reading(transaction: $0, limit: database.options.deadline)
            var cleared: [String] = []
            let removed = try await empty(target, replacing, rules, &cleared)
            try await fill(target, progress)
            let verified = try await verify(target, rules.foreign, progress)
            try await books.forget(in: $0)
            return RestoreReport(
                target: database.driver.location,
                backup: summary,
                removed: removed,
                clearedColumns: cleared,
                verified: verified
            )
        }
    }

    private var collection: CollectionSchema { schema.collection }

    private func begin() async throws -> BackupPass<Record, State> { try await .begin(file, schema, worker) }

    /// What the store's engine keeps of its own about the records.
    private func rules(of database: StorageDatabase) async throws -> TargetRules {
        guard let driver = database.driver as? any ConstrainedDriver else { return TargetRules() }
        let context = database.options.context()
        var rules = TargetRules(try await driver.constraints(on: collection, context: context), on: collection)
        rules.foreign = try await ForeignColumns(of: collection, in: database)
        return rules
    }

    /// Removes all records; answers how many there were.
    private func empty(
        _ target: Reading,
        _ replacing: Bool,
        _ rules: TargetRules,
        _ cleared: inout [String]
    ) async throws -> Int {
        let count = try await target.transaction.count(.all, in: collection)
        if !replacing {
            let held = try await target.state(State.self)
            let own = try await begin().state()
            guard count == 0, held.isEmpty || held == own else {
                throw StorageError(
                    .alreadyExists,
                    count > 0
                        ? "the store holds \(Counted.text(count, "record"))" : "the store holds a state of its own",
                    advice: "Restore into an empty store, or ask for this one to be replaced"
                ).inCollection(collection.name)
            }
        }
        if count > 0 {
            try rules.requireSilentRemoval(collection)
            cleared = try await filledColumns(rules.foreign, target)
        }
        if count > 0 { _ = try await target.transaction.write(WriteBatch([.deleteAll(.all)], in: collection)) }
        return count
    }

    /// The columns that no field names and that hold something, in the table's order.
    private func filledColumns(_ foreign: ForeignColumns, _ target: Reading) async throws -> [String] {
        if foreign.isEmpty { return [] }
        var filled = Set<String>()
        let pages = try await target.pages(of: collection, size: BackupPass<Record, State>.pageSize)
        while let page = try await pages.next() { for row in page.rows { filled.formUnion(foreign.filled(in: row)) } }
        return foreign.names.filter(filled.contains)
    }

    /// Writes the records and the state.
    private func fill(_ target: Reading, _ progress: (@Sendable (MoveProgress) -> Void)?) async throws {
        let pass = try await begin()
        let state = try await pass.state()
        var done = 0
        try await pass.forEach { rows in
            _ = try await target.transaction.write(WriteBatch(rows.map(Mutation.insert), in: collection))
            done += rows.count
            progress?(MoveProgress(phase: .copying, done: done, total: summary.records))
        }
        try await requireUnchanged(pass)
        guard try await target.state(State.self) != state else { return }
        _ = try await target.transaction.write(WriteBatch([.deleteAll(.all)], in: .state))
        guard !state.isEmpty else { return }
        let rows = state.map { Row(values: [.text($0.name), .json($0.json)]) }
        _ = try await target.transaction.write(WriteBatch(rows.map(Mutation.insert), in: .state))
    }

    /// Reads everything back through the transaction and compares it with the file; answers how many records agree.
    private func verify(
        _ target: Reading,
        _ foreign: ForeignColumns,
        _ progress: (@Sendable (MoveProgress) -> Void)?
    ) async throws -> Int {
        let pass = try await begin()
        guard try await pass.state() == target.state(State.self) else {
            throw StorageError(.corrupt, "the state does not read back as it was written")
        }
        var done = 0
        try await target.pages(of: collection, size: BackupPass<Record, State>.pageSize).forEach { page in
            if let damage = page.damages.first { throw damage }
            try await pass.compare(page.rows, exactly: false, foreign)
            done += page.rows.count
            progress?(MoveProgress(phase: .verifying, done: done, total: summary.records))
        }
        try await requireUnchanged(pass)
        return done
    }

    /// Makes sure that what was just read is what was checked at first.
    private func requireUnchanged(_ pass: BackupPass<Record, State>) async throws {
        guard try await pass.finish() == summary.checksum else {
            throw StorageError(.corrupt, "the backup was changed while it was restored").at(.init(path: file.path))
        }
    }
}
