#if Postgres
internal import CLibPQ
public import Stowage

extension StorageBackend {
    /// A Postgres server, at the libpq URL in `PREFIX_POSTGRES_URL`; the pool size is the number of its connections.
    public static var postgres: StorageBackend {
        var backend = StorageBackend(
            name: "postgres",
            schemes: ["postgres", "postgresql"],
            place: .server { try parameterNames() }
        ) { settings in
            try PostgresDriver(url: settings.url().text, options: options(settings))
        }
        backend.scratch = { settings, name in try PostgresScratch.place(settings, name, options(settings)) }
        return backend
    }

    private static func options(_ settings: StorageSettings) throws -> PostgresOptions {
        PostgresOptions(poolSize: try settings.poolSize(default: PostgresOptions().poolSize))
    }

    /// What a URL may say: the connection keywords of the libpq that is installed, and `ssl`, which its URLs also take.
    private static func parameterNames() throws -> Set<String> {
        try LibPQ.load()
        var names: Set<String> = ["ssl"]
        guard let options = PQconndefaults() else { return names }
        defer { PQconninfoFree(options) }
        var option = options
        while let keyword = option.pointee.keyword {
            names.insert(String(cString: keyword))
            option += 1
        }
        return names
    }
}
#endif
