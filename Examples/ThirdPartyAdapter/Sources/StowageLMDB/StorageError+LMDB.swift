internal import CLMDB
internal import Glibc
internal import Stowage

extension StorageError {
    /// What a code of LMDB or of the system means (LIF-3).
    static func lmdb(_ code: CInt, _ path: String) -> StorageError {
        let portable: Code =
            switch code {
            case MDB_MAP_FULL, MDB_BAD_TXN: .conflict
            case MDB_INVALID, MDB_CORRUPTED, MDB_PAGE_NOTFOUND, EISDIR: .corrupt
            case MDB_VERSION_MISMATCH, MDB_INCOMPATIBLE: .schemaMismatch
            case MDB_READERS_FULL, MDB_MAP_RESIZED, ENOMEM, EAGAIN: .unavailable
            case ENOENT, ENOTDIR: .notFound
            case EACCES, EPERM: .permission
            case EROFS: .readOnly
            default: .storageFull
            }
        return StorageError(portable, "LMDB: " + String(cString: mdb_strerror(code))).at(.init(path: path))
            .from(.init("\(code)"))
    }
}
