import Stowage
import StowageJSON
import StowageSQLite

/// The backends whose stores are files, as far as this build has them.
enum Backends {
    #if SQLite
    static let sqlite = [StorageBackend.sqlite]
    #else
    static let sqlite: [StorageBackend] = []
    #endif

    static let factory = StorageFactory(prefix: "KIT", store: "STORE", backends: [.json] + sqlite)
}
