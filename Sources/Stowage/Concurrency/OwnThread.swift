#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// Starts threads that may block, beside the pool that Swift's tasks share and that must not.
package enum OwnThread {
    private final class Body: Sendable {
        let name: String
        let run: @Sendable () -> Void
        init(name: String, run: @escaping @Sendable () -> Void) {
            self.name = name
            self.run = run
        }
    }

    /// Starts a detached thread; it ends when the body returns.
    ///
    /// - Parameter name: What debuggers and `top -H` show, cut at 15 bytes.
    /// - Throws: `unavailable` when the system refuses another thread.
    package static func tryStart(named name: String, _ run: @escaping @Sendable () -> Void) throws {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        pthread_attr_setdetachstate(&attributes, CInt(PTHREAD_CREATE_DETACHED))
        // musl gives 128 KB, which deep query trees outgrow.
        pthread_attr_setstacksize(&attributes, 4 << 20)
        defer { pthread_attr_destroy(&attributes) }
        let body = Unmanaged.passRetained(Body(name: String(decoding: name.utf8.prefix(15), as: UTF8.self), run: run))
        #if canImport(Darwin)
        var thread: pthread_t?
        let result = pthread_create(&thread, &attributes, enter, body.toOpaque())
        #else
        var thread = pthread_t()
        let result = pthread_create(&thread, &attributes, enter, body.toOpaque())
        #endif
        if result != 0 {
            body.release()
            throw StorageError(.unavailable, "the operating system refuses another thread").from(
                .init("errno \(result)")
            )
        }
    }

    /// Starts a detached thread that nothing can do without, such as the clock of all deadlines.
    package static func start(named name: String, _ run: @escaping @Sendable () -> Void) {
        do {
            try tryStart(named: name, run)
        } catch {
            preconditionFailure("\(error)")
        }
    }

    #if canImport(Darwin)
    private static let enter: @convention(c) (UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? = { argument in
        let body = Unmanaged<Body>.fromOpaque(argument).takeRetainedValue()
        pthread_setname_np(body.name)
        body.run()
        return nil
    }
    #else
    private static let enter: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { argument in
        let body = Unmanaged<Body>.fromOpaque(argument!).takeRetainedValue()
        setName(body.name)
        body.run()
        return nil
    }

    /// Glibc hides `pthread_setname_np` from Swift, so the kernel is asked directly; without a name all works as well.
    private static func setName(_ name: String) {
        let file = open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
        guard file >= 0 else { return }
        var name = name
        _ = name.withUTF8 { write(file, $0.baseAddress, $0.count) }
        close(file)
    }
    #endif
}
