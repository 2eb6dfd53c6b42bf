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
        // backends.append(.postgres)
        #endif
        backends.append(.memory)
        return backends
    }
}

extension StorageBackend {
    /// A JSON file, at `json.path`.
    static var json: StorageBackend {
        StorageBackend(name: "json", place: .file()) { JSONFileDriver(path: try $0.path()) }
    }
}

#if SQLite
extension StorageBackend {
    /// A SQLite file, at `sqlite.path`; the pool size is the number of its readers.
    static var sqlite: StorageBackend {
        StorageBackend(name: "sqlite", place: .file()) { settings in
            let readers = try settings.poolSize(default: SqliteDriver.Options().readers)
            return SqliteDriver(path: try settings.path(), options: SqliteDriver.Options(readers: readers))
        }
    }
}
#endif
