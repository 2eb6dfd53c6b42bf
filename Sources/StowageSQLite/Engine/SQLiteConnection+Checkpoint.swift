#if SQLite
internal import CSQLite

extension SQLiteConnection {
    /// Copies what no reader needs any more from the WAL into the file, blocking nobody.
    func checkpoint() throws {
        let code = sqlite3_wal_checkpoint_v2(handle, nil, SQLITE_CHECKPOINT_PASSIVE, nil, nil)
        if code != SQLITE_OK { throw failure(code) }
    }
}
#endif
