#if SQLite
internal import CSQLite

extension SQLiteConnection {
    /// Copies what no reader needs any more from the WAL into the file, blocking nobody.
    func checkpoint() throws {
        let code = sqlite3_wal_checkpoint_v2(handle, nil, SQLITE_CHECKPOINT_PASSIVE, nil, nil)
        if code != SQLITE_OK { throw failure(code) }
    }

    /// Decides whether closing leaves the WAL as it is, should this be the last connection.
    func keepsLogOnClose(_ keeps: Bool) { _ = stowage_sqlite3_keep_log_on_close(handle, keeps ? 1 : 0) }
}
#endif
