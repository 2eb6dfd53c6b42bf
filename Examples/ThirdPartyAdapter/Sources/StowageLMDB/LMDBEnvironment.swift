internal import CLMDB
internal import Glibc
internal import Stowage

/// An open LMDB file. A process may open a file once, since closing it would drop the locks of a second opening: so all
/// drivers on one file share this.
///
/// Unchecked: the handle is made for many threads; `users` belongs to the opener, `isFull` and `failure` to the writer.
final class LMDBEnvironment: @unchecked Sendable {
    let handle: OpaquePointer
    let path: String
    /// The main database, which holds everything.
    let database: MDB_dbi
    /// Where write transactions live: LMDB binds each to its thread.
    let writer = WorkerThread(name: "lmdb-writer")
    /// Whether a transaction found no room in the map, which then grows.
    var isFull = false
    /// A commit that could not be written. What the system forgot it never writes: no further write before the file is
    /// opened again (DUR-3).
    var failure: StorageError?
    private let writers = AsyncGate(1)
    private let readers = AsyncGate(LMDBEnvironment.readerPlaces)
    private var users = 1
    private static let readerPlaces = 126
    private static let opener = WorkerThread(name: "lmdb-opener")
    /// Only the opener touches it.
    nonisolated(unsafe) private static var known: [ByteText: LMDBEnvironment] = [:]

    static func open(_ path: String, _ access: StorageAccess, until deadline: Deadline) async throws -> LMDBEnvironment
    {
        try await opener.run(deadline: deadline, waitingFor: "the file \(path) to open") {
            let isThere = Glibc.access(path, F_OK) == 0
            if isThere, let environment = known[ByteText(resolved(path))] {
                environment.users += 1
                return environment
            }
            guard isThere || access == .readWrite else { throw StorageError.lmdb(ENOENT, path) }
            let environment = try LMDBEnvironment(path)
            if !isThere { try environment.flushFolder() }
            known[ByteText(environment.path)] = environment
            return environment
        }
    }

    private init(_ path: String) throws {
        var folder = path.hasPrefix("/") ? "" : "."
        for part in path.split(separator: "/").dropLast() {
            folder += "/" + part
            mkdir(folder, 0o700)
        }
        do {
            handle = try Self.opened(path, 0)
        } catch let error as StorageError where error.code == .permission || error.code == .readOnly {
            handle = try Self.opened(path, MDB_RDONLY)
        }
        self.path = Self.resolved(path)
        var (transaction, database): (OpaquePointer?, MDB_dbi) = (nil, 0)
        if mdb_txn_begin(handle, nil, UInt32(MDB_RDONLY), &transaction) == 0 {
            mdb_dbi_open(transaction, nil, 0, &database)
            mdb_txn_abort(transaction)
        }
        self.database = database
    }

    private static func opened(_ path: String, _ flags: CInt) throws -> OpaquePointer {
        var handle: OpaquePointer?
        var code = mdb_env_create(&handle)
        if code == 0 { code = mdb_env_set_maxreaders(handle, UInt32(8 * readerPlaces)) }
        if code == 0 { code = mdb_env_open(handle, path, UInt32(flags | MDB_NOSUBDIR | MDB_NOTLS), 0o600) }
        var (info, file) = (MDB_envinfo(), stat())
        if code == 0 { code = mdb_env_info(handle, &info) }
        if code == 0, stat(path, &file) != 0 { code = errno }
        // Every commit finds the file as long as its map: a file that was cut off shows here, before a page is missed.
        if code == 0, info.me_last_txnid > 0, file.st_size < info.me_mapsize { code = MDB_CORRUPTED }
        // Readers that were killed keep pages from being used again.
        if code == 0 { code = mdb_reader_check(handle, nil) }
        guard code == 0, let handle else {
            mdb_env_close(handle)
            throw StorageError.lmdb(code, path)
        }
        return handle
    }

    func close() async throws {
        try await Self.opener.run(deadline: .distant, waitingFor: "the file to close") { [self] in
            users -= 1
            if users > 0 { return }
            Self.known[ByteText(path)] = nil
            mdb_env_close(handle)
        }
    }

    func begin(_ mode: TransactionMode, _ context: OperationContext) async throws -> LMDBTransaction {
        while true {
            do {
                if mode == .readOnly {
                    let place = try await Place(
                        in: readers,
                        until: context.deadline,
                        "one of \(Self.readerPlaces) reads"
                    )
                    return try LMDBTransaction(self, place, context, MDB_RDONLY)
                }
                let place = try await Place(in: writers, until: context.deadline, "another write to \(path)")
                if let failure { throw failure }
                if isFull { try await resize(by: 4, until: context.deadline) }
                // Another process may hold LMDB's lock, for which it waits without an end.
                let wait = "the write lock of \(path)"
                return try await writer.run(deadline: context.deadline, waitingFor: wait, isLeftBehind: true) {
                    [self] in
                    // `relaxed` flushes the records and leaves the root to the next commit: the store stays whole.
                    mdb_env_set_flags(handle, UInt32(MDB_NOMETASYNC), context.durability == .relaxed ? 1 : 0)
                    let transaction = try LMDBTransaction(self, place, context, 0)
                    try extend()
                    return transaction
                }
            } catch let error as StorageError where error.backend?.code == "\(MDB_MAP_RESIZED)" {
                let place = try await Place(in: writers, until: context.deadline, "another write to \(path)")
                try await resize(by: 0, until: context.deadline)
                withExtendedLifetime(place) {}
            }
        }
    }

    /// Maps the file anew: larger by a factor, or as another process made it. No transaction may be open meanwhile.
    private func resize(by factor: Int, until deadline: Deadline) async throws {
        var places: [Place] = []
        for _ in 0..<Self.readerPlaces {
            places.append(try await Place(in: readers, until: deadline, "reads to end, so that the map can grow"))
        }
        try await writer.run(deadline: deadline, waitingFor: "the map to grow") { [self] in
            var info = MDB_envinfo()
            try check(mdb_env_info(handle, &info))
            try check(mdb_env_set_mapsize(handle, info.me_mapsize * factor))
            isFull = false
        }
        withExtendedLifetime(places) {}
    }

    /// Makes the file as long as its map, under LMDB's write lock, so that no process makes it shorter.
    private func extend() throws {
        var (info, file, descriptor): (MDB_envinfo, stat, CInt) = (MDB_envinfo(), stat(), -1)
        try check(mdb_env_info(handle, &info))
        try check(mdb_env_get_fd(handle, &descriptor))
        guard fstat(descriptor, &file) == 0 else { throw StorageError.lmdb(errno, path) }
        if file.st_size < info.me_mapsize, ftruncate(descriptor, info.me_mapsize) != 0 {
            throw StorageError.lmdb(errno, path)
        }
    }

    private func flushFolder() throws {
        let folder = Glibc.open(
            String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]) + "/",
            O_RDONLY | O_CLOEXEC
        )
        defer { Glibc.close(folder) }
        if folder < 0 || fsync(folder) != 0 { throw StorageError.lmdb(errno, path) }
    }

    private static func resolved(_ path: String) -> String {
        guard let text = realpath(path, nil) else { return path }
        defer { free(text) }
        return String(cString: text)
    }

    func check(_ code: CInt) throws { if code != 0 { throw StorageError.lmdb(code, path) } }
}

/// A place in a gate, given back when nobody holds it any more.
final class Place: Sendable {
    private let gate: AsyncGate

    init(in gate: AsyncGate, until deadline: Deadline, _ wait: String) async throws {
        try await gate.acquire(until: deadline, waitingFor: wait)
        self.gate = gate
    }

    deinit { gate.release() }
}
