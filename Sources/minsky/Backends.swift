import Stowage
import StowageJSON

#if SQLite
import StowageSQLite
#endif
#if Postgres
import StowagePostgres
#endif

/// The backends that the program is built with; the first is the default.
enum Backends {
    static var all: [StorageBackend] {
        var backends: [StorageBackend] = [.json]
        #if SQLite
        backends.append(.sqlite)
        #endif
        #if Postgres
        backends.append(.postgres)
        #endif
        backends.append(.memory)
        return backends
    }
}
