#if Postgres
internal import CLibPQ
internal import Stowage

/// The system's libpq, which is loaded when it is first needed.
enum LibPQ {
    /// Loads it, unless that has been done: before any of its functions is called, so wherever a URL is read.
    ///
    /// Throws `configuration` where it is not installed, or is older than its pipeline mode.
    static func load() throws {
        guard let problem = stowage_libpq_load() else { return }
        throw StorageError(
            .configuration,
            "libpq cannot be loaded: \(String(cString: problem))",
            advice: "Install libpq 14 or later (apt-get install libpq5), or choose another backend"
        )
    }
}
#endif
