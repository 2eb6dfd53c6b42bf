#if Postgres
#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif
internal import CLibPQ
internal import Stowage
internal import Synchronization

/// From the pool to a task and back, and what happens when a statement does not end by itself.
extension PostgresConnection {
    /// What the pool gets back at the end of a lease.
    enum Disposition {
        /// It can be leased again.
        case clean
        /// It is being cleaned; the pool will be told.
        case cleaning
        case lost
    }

    /// How long `PQcancel` may take before the connection is given up: it is unencrypted and blocking, and may be
    /// swallowed by a firewall that lets the connection itself through.
    private static let cancelLimit: Duration = .seconds(1)
    /// After how long a statement that goes on is cancelled again.
    private static let cancelPause: Duration = .milliseconds(100)
    /// How long cancelling, draining and rolling back may take together.
    private static let cleaningLimit: Duration = .seconds(6)

    /// Begins a lease. Answers `false` when the server has gone in the meantime, without a round trip.
    func beginLease() -> Bool {
        core.withLock { core in
            guard core.handle != nil, core.operation == nil, core.cleaning == nil else { return false }
            var byte: UInt8 = 0
            let count = recv(core.socket, &byte, 1, Int32(MSG_PEEK | MSG_DONTWAIT))
            if count < 0, errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR {
                core.isReleased = false
                core.interruption = nil
                return true
            }
            // Something has come unasked, or the end. A TLS session ticket is harmless; a farewell is not.
            guard count > 0, core.usesTLS, let handle = core.handle, PQconsumeInput(handle.pointer) == 1 else {
                return false
            }
            core.isReleased = false
            core.interruption = nil
            return true
        }
    }

    /// Ends a lease. What was left running is cancelled, and what was left open is rolled back.
    func endLease() -> Disposition {
        let (disposition, unfinished, effects) = core.withLock { core -> (Disposition, UInt64?, PostgresEffects) in
            guard let handle = core.handle else { return (.lost, nil, PostgresEffects()) }
            core.isReleased = true
            if core.cleaning != nil { return (.cleaning, nil, PostgresEffects()) }
            if let operation = core.operation { return (.cleaning, operation.id, PostgresEffects()) }
            if PQtransactionStatus(handle.pointer) == PQTRANS_IDLE { return (.clean, nil, PostgresEffects()) }
            let effects = core.rollBack()
            if core.handle == nil { return (.lost, nil, PostgresEffects(wakeUp: effects.wakeUp)) }
            watchOver(core.cleaning?.id)
            return (.cleaning, nil, effects)
        }
        perform(effects)
        if let unfinished { interrupt(unfinished, .cancelledTask) }
        return disposition
    }

    /// Closes the connection.
    func close() {
        perform(core.withLock { $0.lose(StorageError(.closed, "the database was closed")) })
    }

    // MARK: Interruption

    /// Leaves an operation, if it is still running.
    func interrupt(_ id: UInt64, _ error: StorageError) {
        let (effects, cancel, cleaning) = core.withLock { core in
            core.operation?.id == id ? core.interrupt(error) : (PostgresEffects(), nil, 0)
        }
        perform(effects)
        guard let cancel else { return }
        start(cancel, cleaning)
        watchOver(cleaning)
    }

    /// Cancels on a thread of its own: `PQcancel` connects, writes and waits for the server to hang up.
    private func start(_ cancel: PGCancelHandle, _ cleaning: UInt64) {
        do {
            try OwnThread.tryStart(named: "stowage-pq-canc") { [self] in
                var text = [CChar](repeating: 0, count: 256)
                let succeeded = PQcancel(cancel.pointer, &text, Int32(text.count)) == 1
                PQfreeCancel(cancel.pointer)
                loop.submit { self.cancelEnded(cleaning, succeeded) }
            }
        } catch {
            PQfreeCancel(cancel.pointer)
            cancelEnded(cleaning, false)
        }
        loop.schedule(at: .now + Self.cancelLimit) { [weak self] in
            guard let self else { return }
            self.perform(self.core.withLock { $0.giveUp(cleaning, cancel) })
        }
    }

    private func cancelEnded(_ cleaning: UInt64, _ succeeded: Bool) {
        perform(core.withLock { $0.cancelEnded(cleaning, succeeded: succeeded) })
        // The server ignores a cancel that comes between two messages, before the statement has begun: try again.
        loop.schedule(at: .now + Self.cancelPause) { [weak self] in
            guard let self, let cancel = self.core.withLock({ $0.cancelAgain(cleaning) }) else { return }
            self.start(cancel, cleaning)
        }
    }

    /// Gives the connection up when cleaning it takes too long.
    private func watchOver(_ cleaning: UInt64?) {
        guard let cleaning else { return }
        loop.schedule(at: .now + Self.cleaningLimit) { [weak self] in
            guard let self else { return }
            self.perform(self.core.withLock { $0.giveUp(cleaning, nil) })
        }
    }
}

extension PostgresConnectionCore {
    /// Has the event loop watch the socket.
    mutating func register(_ client: PostgresConnection) throws {
        token = try loop.register(socket, client)
    }
}
#endif
