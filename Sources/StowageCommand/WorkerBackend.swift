#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// How the processes of `storage conform` learn a backend that was named by its URL: through the environment, since
/// every user of the machine can read a command line, password and all (LIF-4).
enum WorkerBackend {
    private static let variable = "STOWAGE_CONFORM_BACKEND"
    /// What stands on the command line in place of a URL.
    static let inEnvironment = "environment"

    /// Leaves the backend for the workers. Called before any is started.
    static func leave(_ backend: String?) {
        if let backend, isURL(backend) { setenv(variable, backend, 1) }
    }

    /// The backend that the command line of a worker names.
    static func find(_ named: String) -> String {
        guard named == inEnvironment, let value = getenv(variable) else { return named }
        return String(cString: value)
    }

    private static func isURL(_ text: String) -> Bool { text.utf8.contains(UInt8(ascii: ":")) }
}
