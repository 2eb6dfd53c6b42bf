#if Postgres
#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif
internal import CLibPQ
internal import Stowage

/// Threads for calls that block: waiting for sockets, connecting, cancelling.
///
/// A blocking call on a thread of Swift's cooperative pool takes a core from every other task of the program.
/// libpq has several that cannot be avoided (name resolution, `PQcancel`), so they get a thread of their own.
enum OwnThread {
    private final class Body {
        let name: String
        let run: @Sendable () -> Void

        init(_ name: String, _ run: @escaping @Sendable () -> Void) {
            self.name = name
            self.run = run
        }
    }

    /// Starts a detached thread.
    ///
    /// - Parameters:
    ///   - name: At most 15 bytes, shown by debuggers and `top -H`.
    ///   - run: The thread's work; the thread ends with it.
    static func start(_ name: String, _ run: @escaping @Sendable () -> Void) throws {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        let body = Unmanaged.passRetained(Body(name, run))
        var thread = pthread_t()
        let code = pthread_create(
            &thread,
            &attributes,
            { argument in
                guard let argument else { return nil }
                let body = Unmanaged<Body>.fromOpaque(argument).takeRetainedValue()
                stowage_name_thread(body.name)
                body.run()
                return nil
            },
            body.toOpaque()
        )
        guard code == 0 else {
            body.release()
            throw StorageError(.unavailable, "the operating system refused another thread").from(.init("errno \(code)"))
        }
    }
}
#endif
