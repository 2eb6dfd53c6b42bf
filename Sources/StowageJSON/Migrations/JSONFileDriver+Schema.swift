public import Stowage
internal import Synchronization

/// Schema migrations (SCH-1, SCH-2): under the lock between processes, with one replacement of the file.
extension JSONFileDriver: SchemaDriver {
    /// The operations as canonical JSON: a file has no language of its own.
    public func schemaTexts(of migrations: SchemaMigrations) throws -> [String] {
        _ = try migrations.versions()
        return migrations.list.map(\.canonicalText)
    }

    /// Reads the file.
    public func schemaStatus(
        of migrations: SchemaMigrations,
        access: StorageAccess,
        comparing: Bool,
        context: OperationContext
    ) async throws -> SchemaStatus {
        let schema = try JSONSchema(migrations)
        let status: SchemaStatus = try await reading.run(
            deadline: context.deadline,
            waitingFor: "the file to be read"
        ) { [path] in
            guard let bytes = try JournaledFile.bytes(path) else {
                return SchemaStatus(isAbsent: true, pending: schema.known)
            }
            return try Self.status(bytes, path, schema, comparing)
        }
        if status.pending.isEmpty, status.refusal == nil { state.withLock { $0.schema = schema } }
        return status
    }

    private static func status(
        _ bytes: [UInt8],
        _ path: String,
        _ schema: JSONSchema,
        _ comparing: Bool
    ) throws -> SchemaStatus {
        let history = try JSONPieces.history(bytes, path: path, schema: schema)
        var status = SchemaStatus(history: history.migrations.sorted { $0.number < $1.number })
        do {
            let plan = try JSONMigrator(schema: schema, path: path).plan(bytes)
            status.pending = plan.pending
            if !plan.adopted.isEmpty { status.adoptable = plan.adopted.count }
        } catch {
            status.refusal = error as? StorageError
            status.differences = (status.refusal?.underlying as? SchemaMisfit)?.differences ?? []
            if status.refusal?.code == .corrupt, comparing, let newest = schema.versions.last {
                // Every damaged record, where the first one is the refusal.
                let found = try? JSONPieces(bytes, path: path, schema: schema).differences(from: newest, [])
                status.differences = found?.filter { $0.kind == .records } ?? []
            }
            return status
        }
        guard comparing else { return status }
        let shapes = schema.versions[schema.known.count - status.pending.count]
        status.differences = try JSONPieces(bytes, path: path, schema: schema).differences(from: shapes, [])
        if status.differences.isEmpty {
            do {
                _ = try StoreContent(bytes, path: path, collections: shapes.map(\.schema) + [.moves])
            } catch let error as StorageError {
                status.differences = [
                    SchemaDifference(.records, in: error.collection ?? path, error.field, error.message)
                ]
            }
        }
        return status
    }

    /// Applies what is pending. What a file has without having noted it is noted with the next write.
    public func migrate(_ migrations: SchemaMigrations, context: OperationContext) async throws -> [AppliedMigration] {
        let deadline = context.deadline
        let migrator = JSONMigrator(schema: try JSONSchema(migrations), path: path)
        try await writers.acquire(until: deadline, waitingFor: "another transaction to end")
        defer { writers.release() }
        let found = try await reading.run(deadline: deadline, waitingFor: "the file to be read") { [path] in
            guard let bytes = try JournaledFile.bytes(path) else { return JSONMigrator.Plan?.none }
            return try migrator.plan(bytes)
        }
        if let found, found.pending.isEmpty {
            state.withLock { $0.schema = migrator.schema }
            return found.adopted.map(AppliedMigration.adopted)
        }
        let (lock, _) = try prepareToWrite()
        let interrupt = Interrupt()
        var timed = migrator
        timed.checkTime = { [path] in
            if deadline.hasPassed { throw deadline.timeout(waitingFor: "a migration of \(path)") }
            if interrupt.isSet { throw StorageError.cancelledTask }
        }
        let work = timed
        let applied = try await writing.run(
            deadline: deadline,
            waitingFor: "the write lock",
            onInterrupt: { interrupt.set() }
        ) { [path] in
            try lock.acquire(until: deadline, interrupt)
            defer { lock.release() }
            return try Self.apply(work, path)
        }
        state.withLock { state in
            state.schema = migrator.schema
            state.loaded = nil
        }
        return applied
    }

    /// Applies what is pending under the lock, and replaces the file once. What was applied before a failure is kept.
    private static func apply(_ migrator: JSONMigrator, _ path: String) throws -> [AppliedMigration] {
        DurableFile.removeStale(path)
        let bytes = try JournaledFile.bytes(path)
        if bytes == nil { try JournaledFile.requireNoChanges(path) }
        var pieces = try bytes.map { try JSONPieces($0, path: path, schema: migrator.schema) } ?? JSONPieces()
        // Others may have been first.
        let plan = try migrator.plan(pieces, of: bytes ?? [])
        var applied = plan.adopted.map(AppliedMigration.adopted)
        if plan.pending.isEmpty { return applied }
        pieces.history.migrations += applied
        var failure: (any Error)?
        for next in plan.pending {
            do {
                applied.append(try migrator.apply(next, to: &pieces))
            } catch {
                failure = error
                break
            }
        }
        if applied.count > plan.adopted.count {
            do {
                _ = try JournaledFile.replace(path, with: [pieces.bytes[...]], durability: .full)
            } catch let failure as FileSystem.SyncFailure { throw failure.error }
        }
        if let failure { throw failure }
        return applied
    }
}
