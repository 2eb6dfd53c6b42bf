#include <sqlite3.h>

// sqlite3_db_config takes variable arguments, which Swift cannot pass.

/// Makes "name" always an identifier: by default SQLite reads an unknown one as text, and a missing column goes unseen.
static inline int stowage_sqlite3_refuse_quoted_text(sqlite3 *db) {
    int result = sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DML, 0, (int *)0);
    if (result != SQLITE_OK) return result;
    return sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DDL, 0, (int *)0);
}

/// Refuses what a hostile schema in a foreign file could do beyond its own data.
static inline int stowage_sqlite3_distrust_schema(sqlite3 *db) {
    return sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, (int *)0);
}

/// Whether closing the last connection leaves the write-ahead log as it is, instead of copying it into the file.
static inline int stowage_sqlite3_keep_log_on_close(sqlite3 *db, int keeps) {
    return sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, keeps, (int *)0);
}
