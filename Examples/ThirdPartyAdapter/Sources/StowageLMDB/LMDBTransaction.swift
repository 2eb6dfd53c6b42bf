internal import CLMDB
internal import Stowage

/// A transaction of LMDB. The core keeps rows, unique values and schemas in its bytes.
///
/// Unchecked: its calls come one at a time, those of a writer on the writer's thread.
final class LMDBTransaction: ByteStoreTransaction, @unchecked Sendable {
    static let maximumKeyBytes = 511
    let undo = UndoJournal()
    let context: OperationContext
    let thread: WorkerThread?
    var path: String? { environment.path }
    private let environment: LMDBEnvironment
    private var place: AsyncGate.Place?
    private var handle: OpaquePointer?

    init(_ environment: LMDBEnvironment, _ place: AsyncGate.Place, _ context: OperationContext, _ flags: CInt) throws {
        self.environment = environment
        self.place = place
        self.context = context
        thread = flags == MDB_RDONLY ? nil : environment.writer
        try environment.check(mdb_txn_begin(environment.handle, nil, UInt32(flags), &handle))
    }

    // One that was begun after its caller had given up is dropped, on the writer's thread.
    deinit { mdb_txn_abort(handle) }

    func bytes(under key: [UInt8]) throws -> [UInt8]? {
        var value = MDB_val()
        let code = key.withValue { mdb_get(handle, environment.database, $0, &value) }
        return try environment.isFound(code) ? Array(value.bytes) : nil
    }

    func set(_ bytes: [UInt8]?, under key: [UInt8]) throws {
        try key.withValue { key in
            if let bytes {
                try environment.check(bytes.withValue { mdb_put(handle, environment.database, key, $0, 0) })
            } else {
                _ = try environment.isFound(mdb_del(handle, environment.database, key, nil))
            }
        }
    }

    func scan(prefix: [UInt8], _ handler: (UnsafeRawBufferPointer) throws -> Void) throws {
        var (cursor, key, value): (OpaquePointer?, MDB_val, MDB_val) = (nil, MDB_val(), MDB_val())
        try environment.check(mdb_cursor_open(handle, environment.database, &cursor))
        defer { mdb_cursor_close(cursor) }
        var code = prefix.withValue { start in
            key = start.pointee
            return mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE)
        }
        while try environment.isFound(code), key.bytes.starts(with: prefix) {
            try handler(value.bytes)
            code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)
        }
    }

    func commit() async throws {
        try await onThread {
            defer { place = nil }
            try environment.committed(mdb_txn_commit(handle.take()))
        }
    }

    func rollBack() async {
        try? await onThread {
            mdb_txn_abort(handle.take())
            place = nil
        }
    }
}

extension [UInt8] {
    fileprivate func withValue<R>(_ body: (UnsafeMutablePointer<MDB_val>) throws -> R) rethrows -> R {
        try withUnsafeBytes { bytes in
            var value = MDB_val(mv_size: bytes.count, mv_data: UnsafeMutableRawPointer(mutating: bytes.baseAddress))
            return try body(&value)
        }
    }
}

extension MDB_val {
    fileprivate var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: mv_data, count: mv_size) }
}
