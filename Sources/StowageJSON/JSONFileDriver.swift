public import Stowage
internal import Synchronization

/// Keeps a store in one JSON file that people can read, and that several processes may use at once.
///
/// Reads are answered from memory, after a look whether the file is still the one that was read. A write takes the lock
/// file, reads the file again when it has changed, and replaces it atomically, or appends to its journal
/// (``JSONFileMode``); writers that come together share one replacement (see `JSONFileDriver+Writing.swift`).
public final class JSONFileDriver: StorageDriver {
    /// The file.
    public let location: StorageLocation
    /// All but indexes and staging: queries look at every record, and a write replaces the file or lengthens its journal.
    public let capabilities = Capabilities([
        .transactions, .nestedTransactions, .durability, .multipleProcesses, .readOnlyAccess, .schemaMigrations,
        .rawScan, .retirement,
    ])

    /// How it takes writes.
    public let mode: JSONFileMode

    let path: String
    /// Blocking system calls of writers: the lock, the write, the fsync.
    let writing = WorkerThread(name: "stowage-json-w")
    /// Blocking reads.
    let reading = WorkerThread(name: "stowage-json-r")
    /// One writer of this process at a time.
    let writers = AsyncGate(1)
    private let loading = AsyncGate(1)
    /// The name of the file's journal.
    var journalPath: String { JournaledFile.journal(of: path) }
    let state = Mutex(State())
    let queue = Mutex(WriteQueue())

    struct State: Sendable {
        var collections: [CollectionSchema] = []
        var access = StorageAccess.readWrite
        /// The migrations that the file must have; nil when it was opened without any.
        var schema: JSONSchema?
        var loaded: Loaded?
        /// Files that were replaced and are still open.
        var replaced: [FileSystem.Handle] = []
        var lock: FileLock?
        /// Set by a failed fsync: what the disk holds is not known any more (DUR-3).
        var broken: StorageError?
    }

    /// A version of the file, as it was read or written.
    struct Loaded: Sendable {
        let content: StoreContent
        let identity: FileSystem.Identity
        /// The file is kept open: its inode cannot be given to another file that would then look unchanged.
        let handle: FileSystem.Handle
        /// The journal that the content includes.
        let journal: JournaledFile.Journal?
    }

    /// A driver for a file. Nothing is opened yet.
    ///
    /// - Parameters:
    ///   - path: The file's path; links are followed.
    ///   - mode: How it takes writes.
    public init(path: String, mode: JSONFileMode = .replace) {
        self.path = FileSystem.resolved(path)
        self.mode = mode
        location = StorageLocation(backend: "json", description: path)
    }

    /// Reads and checks the whole file; makes an empty one when it is absent.
    public func open(_ collections: [CollectionSchema], access: StorageAccess, context: OperationContext) async throws {
        try checkNames(collections)
        // The lock belongs to this driver, not to a call: a writer of ours may hold it.
        try await writers.acquire(until: context.deadline, waitingFor: "another transaction to end")
        defer { writers.release() }
        state.withLock { state in
            for collection in collections where !state.collections.contains(where: { $0.isNamed(collection.name) }) {
                state.collections.append(collection)
                state.loaded = nil
            }
            state.access = access
        }
        switch access {
        case .readOnly:
            guard try FileSystem.status(path) != nil else {
                throw StorageError(.notFound, "there is no such file", advice: "Check the path").at(.init(path: path))
            }
        case .readWrite: try await create(context)
        }
        _ = try await current(context.deadline)
    }

    private func checkNames(_ collections: [CollectionSchema]) throws {
        if let name = collections.first(where: { $0.namespace != nil })?.name {
            throw StorageError(.unsupported, "a JSON file has no namespaces").inCollection(name)
        }
    }

    /// Makes the folder, the lock file and an empty store, if they are absent, and clears away what a crash left.
    private func create(_ context: OperationContext) async throws {
        let (lock, exists) = try prepareToWrite()
        if !exists {
            let collections = state.withLock { $0.collections }
            let interrupt = Interrupt()
            try await writing.run(
                deadline: context.deadline,
                waitingFor: "the write lock",
                onInterrupt: { interrupt.set() }
            ) { [path] in
                try lock.acquire(until: context.deadline, interrupt)
                defer { lock.release() }
                guard try FileSystem.status(path) == nil else { return }
                try JournaledFile.requireNoChanges(path)
                do {
                    _ = try DurableFile.replace(
                        path,
                        with: StoreContent(collections: collections).pieces,
                        durability: .full
                    )
                } catch let failure as FileSystem.SyncFailure {
                    throw failure.error
                }
            }
        } else {
            try await writing.run(deadline: context.deadline, waitingFor: "the write lock") { [path] in
                guard try lock.tryAcquire() else { return }
                defer { lock.release() }
                DurableFile.removeStale(path)
            }
        }
    }

    /// Makes the folder and the lock file, and says whether there is a file.
    func prepareToWrite() throws -> (lock: FileLock, exists: Bool) {
        let status = try FileSystem.status(path)
        if let status {
            try Self.requireOrdinary(status, path)
            if status.mode & 0o222 == 0 {
                throw StorageError(.readOnly, "the file may not be written", advice: "Allow it, or open it read-only")
                    .at(.init(path: path))
            }
        } else {
            try FileSystem.makeFolder(FileSystem.folder(of: path))
        }
        let lock = try state.withLock { state in
            if let lock = state.lock { return lock }
            let lock = try FileLock(beside: path)
            state.lock = lock
            return lock
        }
        return (lock, status != nil)
    }

    /// Before it is opened: to open a pipe would wait for whoever writes to it.
    static func requireOrdinary(_ status: FileSystem.Status, _ path: String) throws {
        if !status.isOrdinary { throw StoreFile.noFile(path, isDirectory: status.isDirectory) }
    }

    /// The content of the file as it is now: from memory when the file has not changed.
    func current(_ deadline: Deadline) async throws -> StoreContent {
        if let content = try unchanged() { return content }
        try await loading.acquire(until: deadline, waitingFor: "the file to be read")
        defer { loading.release() }
        if let content = try unchanged() { return content }
        let (collections, schema) = state.withLock { ($0.collections, $0.schema) }
        let loaded = try await reading.run(deadline: deadline, waitingFor: "the file to be read") { [self] in
            // Under this lock the collections are still those of the version that is known, if there is one.
            let known = state.withLock { $0.collections.count == collections.count ? $0.loaded : nil }
            return try JournaledFile.load(path, collections, schema, over: known)
        }
        keep(loaded) { $0.collections.count == collections.count }
        return loaded.content
    }

    /// Makes a version of the file the one that is known, and closes the one before, where that keeps nobody waiting: the
    /// last to close a file that is gone gives back its blocks, which takes a millisecond for a few megabytes.
    func keep(_ loaded: Loaded, where isWanted: (State) -> Bool = { _ in true }) {
        state.withLock { state in
            guard isWanted(state) else { return }
            if let old = state.loaded { state.replaced.append(old.handle) }
            state.loaded = loaded
        }
        reading.enqueue { [self] in
            let replaced = state.withLock { state in
                defer { state.replaced = [] }
                return state.replaced
            }
            _ = consume replaced
        }
    }

    private func unchanged() throws -> StoreContent? {
        // Not the whole version: this may be the last to let go of it, and would close its file.
        let (content, identity, journal, broken) = state.withLock {
            ($0.loaded?.content, $0.loaded?.identity, $0.loaded?.journal?.identity, $0.broken)
        }
        if let broken { throw broken }
        // The journal first, as when they are read: see `JournaledFile`.
        let journalNow = try FileSystem.status(journalPath)?.identity
        guard let status = try FileSystem.status(path) else {
            throw StorageError(.notFound, "the file is gone", advice: "Restore it, or open the storage again")
                .at(.init(path: path))
        }
        try Self.requireOrdinary(status, path)
        return identity == status.identity && journal == journalNow ? content : nil
    }

    /// Folds a journal into the file, if that can be done now, and lets go of the file and the lock.
    ///
    /// A journal that is not folded, since another program writes or the disk is full, stays with its file: nothing in it
    /// is lost.
    public func close() async throws {
        if mode != .replace { try? await foldJournal() }
        state.withLock { state in
            state.loaded = nil
            state.lock = nil
        }
    }

    /// Reads from memory, or from the file when another process has changed it.
    public func get(
        _ keys: [Key],
        in collection: CollectionSchema,
        includingUnknown: Bool,
        context: OperationContext,
        rows: @escaping RowHandler
    ) async throws {
        let image = try await current(context.deadline).image
        for key in keys {
            if let entry = try image.entry(key, in: collection) { try rows(try entry.row(of: collection)) }
        }
    }

    /// Reads the file if it has changed.
    public func health(context: OperationContext) async throws -> StorageHealth {
        let content = try await current(context.deadline)
        let records = state.withLock { $0.collections }.filter { !$0.isState }
            .reduce(0) { $0 + (content.image.tables[ByteText($1.name)]?.count ?? 0) }
        var details = ["records": String(records)]
        if let journal = state.withLock({ $0.loaded?.journal }) {
            details["journal"] = Counted.text(journal.changeCount, "group") + " of changes not in the file yet"
        }
        return StorageHealth(backendVersion: "JSON file, form 1", details: details)
    }
}
