#if SQLite
public import Stowage

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// Taking a database file out of use.
extension SqliteDriver: RetirableDriver {
    private static let suffix = ".migrated"

    /// The file's name with `.migrated` behind it; of a link, the name of the file to which it leads.
    public var retiredLocation: StorageLocation {
        StorageLocation(backend: "sqlite", description: resolved + Self.suffix)
    }

    /// The file itself, not a link to it.
    private var resolved: String {
        realpath(path, nil).map { resolved in
            defer { free(resolved) }
            return String(cString: resolved)
        } ?? path
    }

    /// Looks at the folder.
    public func checkRetirement(context: OperationContext) async throws {
        try await thread.run(deadline: context.deadline, waitingFor: "the folder of the file") { [resolved] in
            try StoreFile.requireWritableFolder(of: resolved)
            try Self.requireFree(resolved + Self.suffix)
        }
    }

    private static func requireFree(_ new: String) throws {
        var status = stat()
        // A link that leads nowhere is in the way too.
        guard lstat(new, &status) == 0 else { return }
        throw StorageError(.alreadyExists, "a file has the name of the retired store", advice: "Move it away")
            .at(StorageError.Place(path: new))
    }

    /// Closes the file, takes it for itself alone, and renames it.
    ///
    /// Leaving WAL mode is only granted to the one connection that is left, and writes the whole log back: what is
    /// renamed is one file with everything in it.
    ///
    /// - Throws: `conflict` while another program has the file open, `alreadyExists` when something has the new name.
    public func retire(
        context: OperationContext,
        check: @escaping @Sendable (any DriverTransaction) async throws -> Void
    ) async throws {
        let path = resolved
        let new = path + Self.suffix
        try Self.requireFree(new)
        let store = try openedStore()
        await store.readers.close()
        await store.writer?.close()
        let (alone, mode) = try await thread.run(deadline: context.deadline, waitingFor: "the database file") {
            [path] in
            let alone = try SQLiteConnection(path: path, role: .reader)
            let mode: String
            do {
                mode = try alone.text("PRAGMA journal_mode")
                try alone.execute("PRAGMA wal_autocheckpoint=0")
                guard try alone.text("PRAGMA journal_mode=DELETE") == "delete" else { throw Self.inUse(path) }
                try alone.execute("BEGIN EXCLUSIVE")
            } catch let failure as SQLiteFailure {
                throw failure.isBusy ? Self.inUse(path) : failure.storageError(path: path)
            }
            return (alone, mode)
        }
        let transaction = SqliteTransaction(self, alone, writer: nil, context) {}
        do {
            try await check(transaction)
            try await thread.run(deadline: .distant, waitingFor: "the database file") { [path] in
                guard rename(path, new) == 0 else {
                    throw StorageError(.permission, "the database file could not be renamed")
                        .at(StorageError.Place(path: path)).from(.init("errno \(errno)"))
                }
                try FileBytes.flushFolder(of: new)
            }
        } catch {
            await transaction.rollBack()
            // The store stays, and is left as it was.
            try? await thread.run(deadline: context.deadline, waitingFor: "the database file") {
                _ = try alone.text("PRAGMA journal_mode=\(mode == "wal" ? "WAL" : "DELETE")")
            }
            try await close()
            throw error
        }
        await transaction.rollBack()
        try await close()
    }

    private static func inUse(_ path: String) -> StorageError {
        StorageError(
            .conflict,
            "another program has the database open, so it cannot be retired",
            advice: "Stop the other programs that use it, and try again",
            isRetryable: false
        ).at(StorageError.Place(path: path))
    }
}

extension SqliteDriver: PreflightDriver {
    /// Looks at the file, and at the folder in which its log stands beside it.
    public func checkWritable(_ collections: [CollectionSchema], context: OperationContext) async throws {
        try await thread.run(deadline: context.deadline, waitingFor: "the folder of the file") { [path] in
            try StoreFile.requireWritableFolder(of: path)
            try StoreFile.requireWritable(path)
        }
    }
}
#endif
