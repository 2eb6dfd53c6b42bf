public import Stowage

extension StorageBackend {
    /// An LMDB file: `PREFIX_STORE_BACKEND=lmdb` with `PREFIX_LMDB_PATH`, or `PREFIX_DATABASE_URL=lmdb:PATH`.
    public static var lmdb: StorageBackend {
        StorageBackend(name: "lmdb", place: .file()) { LMDBDriver(path: try $0.path()) }
    }
}
