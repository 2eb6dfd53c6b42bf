internal import Stowage
internal import Synchronization

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// Waits for the signals that ask a program to end.
///
/// The handler only writes a byte, which a thread of its own reads: nothing else is safe in a handler. (To block the
/// signals and wait for them in that thread is not enough: the main thread of an asynchronous program unblocks them
/// again.) What does not end within seconds, such as a read from a terminal, and what is asked a second time, is ended
/// there and then: every store is left whole by that (DUR-2).
final class Interruption: Sendable {
    private struct State {
        var hasCome = false
        var action: (@Sendable () -> Void)?
    }
    private let state = Mutex(State())
    private static let graceSeconds: UInt32 = 3

    /// Where the handler writes. It is set before the handler is, and never again.
    nonisolated(unsafe) private static var writer: CInt = -1

    /// Takes over the two signals.
    init() {
        var ends: [CInt] = [-1, -1]
        guard pipe(&ends) == 0 else { return }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let reader = ends[0]
        Self.writer = ends[1]
        OwnThread.start(named: "signals") { [self] in
            var byte: UInt8 = 0
            while true {
                let count = read(reader, &byte, 1)
                if count < 0, errno == EINTR { continue }
                guard count == 1 else { return }
                come()
            }
        }
        for number in [SIGINT, SIGTERM] {
            signal(number) { _ in
                let kept = errno
                var byte: UInt8 = 1
                _ = write(Interruption.writer, &byte, 1)
                errno = kept
            }
        }
    }

    private func come() {
        let (isFirst, action) = state.withLock { state in
            defer { state.hasCome = true }
            return (!state.hasCome, state.action)
        }
        if !isFirst { _exit(ExitStatus.cancelled) }
        action?()
        OwnThread.start(named: "grace") {
            sleep(Self.graceSeconds)
            _exit(ExitStatus.cancelled)
        }
    }

    /// What the first signal does; at once, when it has come already.
    func onSignal(_ action: @escaping @Sendable () -> Void) {
        let hasCome = state.withLock { state in
            state.action = action
            return state.hasCome
        }
        if hasCome { action() }
    }
}
