internal import CLMDB
internal import Stowage

/// An open LMDB file. A process may open a file once, since closing it would drop the locks of a second opening: so all
/// drivers on one file share this.
///
/// Unchecked: the handle is made for many threads; `users` belongs to the opener, `isFull` and `failure` to the one write.
final class LMDBEnvironment: @unchecked Sendable {
    let path: String
    let handle: OpaquePointer
    /// The main database, which holds everything.
    private(set) var database: MDB_dbi = 0
    /// Where writes live: LMDB binds each to its thread.
    let writer = WorkerThread(name: "lmdb-writer")
    private let writers = AsyncGate(1)
    private let readers = AsyncGate(126)
    /// Whether a write found no room in the map, which then grows.
    private var isFull = false
    /// A commit that could not be written: what the system forgot it never writes, so nothing more is written before the
    /// file is opened again (DUR-3).
    private var failure: CInt = 0
    private var users: Set<ObjectIdentifier> = []
    private static let opener = WorkerThread(name: "lmdb-opener")
    /// Only the opener touches it.
    nonisolated(unsafe) private static var known: [ByteText: LMDBEnvironment] = [:]

    static func open(_ user: LMDBDriver, _ access: StorageAccess, until end: Deadline) async throws -> LMDBEnvironment {
        try await opener.run(deadline: end, waitingFor: "the file to open") {
            let path = user.location.description
            let isNew = try StoreFile.prepare(path, access: access)
            let environment = try known[ByteText(StoreFile.resolved(path))] ?? LMDBEnvironment(path)
            known[ByteText(environment.path)] = environment
            environment.users.insert(ObjectIdentifier(user))
            if isNew { try StoreFile.flushFolder(of: path) }
            return environment
        }
    }

    private init(_ path: String) throws {
        var (handle, reading, info): (OpaquePointer?, OpaquePointer?, MDB_envinfo) = (nil, nil, MDB_envinfo())
        do {
            try Self.check(mdb_env_create(&handle), path)
            try Self.check(mdb_env_set_maxreaders(handle, UInt32(8 * readers.places)), path)
            try Self.check(mdb_env_open(handle, path, UInt32(MDB_NOSUBDIR | MDB_NOTLS), 0o600), path)
            try Self.check(mdb_env_info(handle, &info), path)
            // Every commit finds the file as long as its map, so a file that was cut off shows before a page is missed.
            let isCut = try info.me_last_txnid > 0 && StoreFile.size(of: path) < info.me_mapsize
            try Self.check(isCut ? MDB_CORRUPTED : 0, path)
            // Readers that were killed keep pages from being used again.
            try Self.check(mdb_reader_check(handle, nil), path)
            try Self.check(mdb_txn_begin(handle, nil, UInt32(MDB_RDONLY), &reading), path)
            mdb_dbi_open(reading, nil, 0, &database)
            mdb_txn_abort(reading)
        } catch {
            mdb_env_close(handle)
            throw error
        }
        self.handle = handle!
        self.path = StoreFile.resolved(path)
    }

    func close(_ user: LMDBDriver) async throws {
        try await Self.opener.run(deadline: .distant, waitingFor: "the file to close") { [self] in
            users.remove(ObjectIdentifier(user))
            // A write that was left behind still waits in it: then it stays open, for whoever opens the file next.
            guard users.isEmpty, writers.tryAcquire() else { return }
            Self.known[ByteText(path)] = nil
            mdb_env_close(handle)
        }
    }

    func begin(_ mode: TransactionMode, _ context: OperationContext) async throws -> LMDBTransaction {
        let end = context.deadline
        while true {
            do {
                if mode == .readOnly {
                    let place = try await readers.place(until: end, waitingFor: "a free reader of the file")
                    return try LMDBTransaction(self, place, context, MDB_RDONLY)
                }
                let place = try await writers.place(until: end, waitingFor: "another write to end")
                try check(failure)
                if isFull { try await resize(by: 4, until: end) }
                // LMDB's own lock, which another process may hold, knows no deadline.
                return try await writer.run(deadline: end, waitingFor: "LMDB's lock", isLeftBehind: true) { [self] in
                    // `relaxed` flushes the records and leaves the root to the next commit: the store stays whole.
                    mdb_env_set_flags(handle, UInt32(MDB_NOMETASYNC), context.durability == .relaxed ? 1 : 0)
                    let transaction = try LMDBTransaction(self, place, context, 0)
                    var descriptor: CInt = -1
                    // Under LMDB's lock: see `init`.
                    try check(mdb_env_get_fd(handle, &descriptor))
                    try StoreFile.extend(descriptor: descriptor, to: mapSize(), path: path)
                    return transaction
                }
            } catch let error as StorageError where error.backend?.code == "\(MDB_MAP_RESIZED)" {
                let place = try await writers.place(until: end, waitingFor: "another write to end")
                try await resize(by: 0, until: end)
                withExtendedLifetime(place) {}
            }
        }
    }

    /// Maps the file anew, larger by a factor, or as another process made it; no transaction may be open meanwhile.
    private func resize(by factor: Int, until deadline: Deadline) async throws {
        let places = try await readers.allPlaces(until: deadline, waitingFor: "reads to end, so that the map can grow")
        try await writer.run(deadline: deadline, waitingFor: "the map to grow") { [self] in
            try check(mdb_env_set_mapsize(handle, mapSize() * factor))
            isFull = false
        }
        withExtendedLifetime(places) {}
    }

    private func mapSize() throws -> Int {
        var info = MDB_envinfo()
        try check(mdb_env_info(handle, &info))
        return info.me_mapsize
    }

    func committed(_ code: CInt) throws {
        if code != MDB_MAP_FULL { failure = code }
        try check(code)
    }

    func isFound(_ code: CInt) throws -> Bool {
        if code != MDB_NOTFOUND { try check(code) }
        return code == 0
    }

    func check(_ code: CInt) throws {
        if code == MDB_MAP_FULL { isFull = true }
        try Self.check(code, path)
    }

    /// What a code of LMDB means (LIF-3); the positive ones are the system's.
    private static func check(_ code: CInt, _ path: String) throws {
        if code == 0 { return }
        if code > 0 { throw StorageError.system(code, "opening, reading or writing", path: path) }
        let portable: StorageError.Code =
            switch code {
            // The write is tried again in a larger map.
            case MDB_MAP_FULL, MDB_BAD_TXN: .conflict
            case MDB_INVALID, MDB_CORRUPTED, MDB_PAGE_NOTFOUND: .corrupt
            case MDB_VERSION_MISMATCH, MDB_INCOMPATIBLE: .schemaMismatch
            case MDB_READERS_FULL, MDB_MAP_RESIZED: .unavailable
            default: .storageFull
            }
        throw StorageError(portable, String(cString: mdb_strerror(code))).at(.init(path: path)).from(.init("\(code)"))
    }
}
