public import Stowage

/// Taking a file out of use.
extension JSONFileDriver: RetirableDriver {
    private static let suffix = ".migrated"

    /// The file's name with `.migrated` behind it.
    public var retiredLocation: StorageLocation {
        StorageLocation(backend: "json", description: path + Self.suffix)
    }

    /// Looks at the folder.
    public func checkRetirement(context: OperationContext) async throws {
        try await writing.run(deadline: context.deadline, waitingFor: "the folder of the file") { [path] in
            try StoreFile.requireWritableFolder(of: path)
            try Self.requireFree(path + Self.suffix)
        }
    }

    private static func requireFree(_ new: String) throws {
        guard try FileSystem.status(new) != nil else { return }
        throw StorageError(.alreadyExists, "a file has the name of the retired store", advice: "Move it away")
            .at(.init(path: new))
    }

    /// Renames the file under the lock that writers take, and removes the lock file.
    ///
    /// - Throws: `alreadyExists` when something has the new name, `timeout` when another program keeps the lock.
    public func retire(
        context: OperationContext,
        check: @escaping @Sendable (any DriverTransaction) async throws -> Void
    ) async throws {
        let new = path + Self.suffix
        try Self.requireFree(new)
        try await writers.acquire(until: context.deadline, waitingFor: "another transaction to end")
        defer { writers.release() }
        let lock = try FileLock(beside: path)
        let interrupt = Interrupt()
        try await writing.run(
            deadline: context.deadline,
            waitingFor: "the write lock",
            onInterrupt: { interrupt.set() }
        ) { try lock.acquire(until: context.deadline, interrupt) }
        defer { lock.release() }
        let content = try await current(context.deadline)
        try await check(ImageTransaction(content.image, keep: { _ in }, leave: {}))
        let hasJournal = try FileSystem.status(journalPath) != nil
        try await writing.run(deadline: .distant, waitingFor: "the file to be renamed") { [path] in
            let folder = FileSystem.folder(of: path)
            do {
                // The file goes alone, with all that was written.
                if hasJournal { _ = try JournaledFile.replace(path, with: content.pieces, durability: .full) }
                try FileSystem.rename(path, to: new)
                FileSystem.remove(path + ".lock")
                try FileSystem.sync(FileSystem.openForReading(folder), folder)
            } catch let failure as FileSystem.SyncFailure {
                throw failure.error
            }
        }
        try await close()
    }
}

extension JSONFileDriver: PreflightDriver {
    /// Looks at the folder, in which the file is replaced.
    public func checkWritable(_ collections: [CollectionSchema], context: OperationContext) async throws {
        try await writing.run(deadline: context.deadline, waitingFor: "the folder of the file") { [path] in
            try StoreFile.requireWritableFolder(of: path)
        }
    }
}
