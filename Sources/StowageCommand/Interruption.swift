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
/// They are blocked in every thread and taken by one thread of their own, so that no handler runs in the middle of
/// anything. A second signal ends the process at once.
final class Interruption: Sendable {
    private struct State {
        var hasCome = false
        var action: (@Sendable () -> Void)?
    }
    private let state = Mutex(State())

    /// Blocks the signals in this thread, and so in those that it starts; made before any other thread.
    init() {
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGINT)
        sigaddset(&signals, SIGTERM)
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        OwnThread.start(named: "signals") { [self] in
            var signals = sigset_t()
            sigemptyset(&signals)
            sigaddset(&signals, SIGINT)
            sigaddset(&signals, SIGTERM)
            while true {
                var number: CInt = 0
                guard sigwait(&signals, &number) == 0 else { return }
                let (isFirst, action) = state.withLock { state in
                    defer { state.hasCome = true }
                    return (!state.hasCome, state.action)
                }
                if !isFirst { _exit(ExitStatus.cancelled) }
                action?()
            }
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
