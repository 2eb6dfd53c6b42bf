public import Stowage

/// Taking a file out of use.
extension JSONFileDriver: RetirableDriver {
    private static let suffix = ".migrated"

    /// The file's name with `.migrated` behind it.
    public var retiredLocation: StorageLocation {
        StorageLocation(backend: "json", description: path + Self.suffix)
    }

    /// Renames the file under the lock that writers take, and removes the lock file.
    ///
    /// - Throws: `alreadyExists` when something has the new name, `timeout` when another program keeps the lock.
    public func retire(
        context: OperationContext,
        check: @escaping @Sendable (any DriverTransaction) async throws -> Void
    ) async throws {
        let new = path + Self.suffix
        if try FileSystem.status(new) != nil {
            throw StorageError(.alreadyExists, "a file has the name of the retired store", advice: "Move it away")
                .at(.init(path: new))
        }
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
        try await writing.run(deadline: .distant, waitingFor: "the file to be renamed") { [path] in
            try FileSystem.rename(path, to: new)
            FileSystem.remove(path + ".lock")
            let folder = FileSystem.folder(of: path)
            do {
                try FileSystem.sync(FileSystem.openForReading(folder), folder)
            } catch let failure as FileSystem.SyncFailure {
                throw failure.error
            }
        }
        try await close()
    }
}
