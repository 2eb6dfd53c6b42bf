#if Postgres
package import Stowage
internal import Synchronization

/// What the state machine has decided, to be carried out once the pool's lock is free.
struct PoolWork {
    var grants: [(PostgresPool.Waiter, PostgresConnection)] = []
    var failures: [PostgresPool.Waiter] = []
    var connectors: [(UInt64, PostgresConnector)] = []
    var closing: [PostgresConnection] = []
    var closers: [CheckedContinuation<Void, any Error>] = []
}

/// Carrying out what the state machine decides.
extension PostgresPool {
    func returned(_ connection: PostgresConnection) {
        perform(
            state.withLock { state in
                guard let id = state.numbers[ObjectIdentifier(connection)] else { return PoolWork() }
                let work = take(state.machine.returned(id, now: .now), &state)
                scheduleSweep(&state)
                return work
            }
        )
    }

    func lost(_ connection: PostgresConnection) {
        perform(
            state.withLock { state in
                guard let id = state.numbers.removeValue(forKey: ObjectIdentifier(connection)) else {
                    return PoolWork()
                }
                state.connections[id] = nil
                return take(state.machine.lost(id, now: .now), &state)
            }
        )
    }

    /// Turns decisions into what has to be done, with the lock held.
    func take(_ actions: [PoolStateMachine.Action], _ state: inout State) -> PoolWork {
        var work = PoolWork()
        for action in actions {
            switch action {
            case .grant(let connection, let waiter):
                guard let waiter = state.waiters.removeValue(forKey: waiter),
                    let connection = state.connections[connection]
                else { continue }
                work.grants.append((waiter, connection))
            case .connect(let id):
                // Whoever waits longest says how long an attempt is worth making.
                let deadline = state.waiters.values.map(\.deadline).max() ?? .after(.seconds(30))
                let connector = PostgresConnector(
                    endpoint: endpoint,
                    deadline: deadline,
                    setupScript: configuration.setupScript
                )
                state.connectors[id] = connector
                work.connectors.append((id, connector))
            case .close(let id):
                guard let connection = state.connections.removeValue(forKey: id) else { continue }
                state.numbers[ObjectIdentifier(connection)] = nil
                work.closing.append(connection)
            case .fail(let ids):
                work.failures += ids.compactMap { state.waiters.removeValue(forKey: $0) }
            case .closed:
                state.isClosed = true
                work.closers += state.closers.values
                state.closers = [:]
            }
        }
        return work
    }

    func perform(_ work: PoolWork, failure: StorageError = PostgresPool.closedError) {
        for (waiter, connection) in work.grants {
            if let timer = waiter.timer { loop.cancel(timer) }
            waiter.answer(.success(connection))
        }
        for waiter in work.failures {
            if let timer = waiter.timer { loop.cancel(timer) }
            waiter.answer(.failure(failure))
        }
        for connection in work.closing { connection.close() }
        for (id, connector) in work.connectors {
            connector.start { [weak self] outcome in
                guard let self else {
                    // The pool is gone; so is the need.
                    if case .success(let handle) = outcome { PostgresConnector.discard(handle) }
                    return
                }
                self.attemptEnded(id, outcome)
            }
        }
        if !work.closers.isEmpty { loop.stop() }
        for closer in work.closers { closer.resume() }
    }

    /// On the connecting thread.
    private func attemptEnded(_ id: UInt64, _ outcome: PostgresConnector.Outcome) {
        do throws(StorageError) {
            let connection = try open(outcome.get())
            perform(
                state.withLock { state in
                    state.connectors[id] = nil
                    state.connections[id] = connection
                    state.numbers[ObjectIdentifier(connection)] = id
                    let work = take(state.machine.connected(id, now: .now), &state)
                    scheduleSweep(&state)
                    return work
                }
            )
        } catch {
            let work = state.withLock { state in
                state.connectors[id] = nil
                return take(state.machine.connectFailed(id, isTimeout: error.code == .timeout, now: .now), &state)
            }
            perform(work, failure: error)
        }
    }

    private func open(_ handle: PGConnectionHandle) throws(StorageError) -> PostgresConnection {
        do {
            return try PostgresConnection(handle, loop: loop, cacheCapacity: configuration.preparedStatements) {
                [weak self] connection, change in
                switch change {
                case .clean: self?.returned(connection)
                case .lost: self?.lost(connection)
                }
            }
        } catch {
            throw error as? StorageError ?? .lostConnection
        }
    }

    // MARK: Age and end

    /// Looks at idle connections from time to time, for as long as there are any.
    private func scheduleSweep(_ state: inout State) {
        guard !state.isSweepScheduled, state.machine.idleCount > 0 else { return }
        state.isSweepScheduled = true
        loop.schedule(at: .now + min(configuration.idleTime, configuration.lifetime)) { [weak self] in self?.sweep() }
    }

    private func sweep() {
        perform(
            state.withLock { state in
                let (actions, next) = state.machine.sweep(now: .now)
                state.isSweepScheduled = next != nil
                if let next { loop.schedule(at: next) { [weak self] in self?.sweep() } }
                return take(actions, &state)
            }
        )
    }

    /// Refuses new leases with `closed`, waits for those that are out, and closes every connection (LIF-1).
    ///
    /// Calling it again waits for the same end. When the deadline passes first, it throws `timeout`, and the pool goes on
    /// closing.
    package func close(deadline: Deadline = .after(.seconds(30))) async throws {
        let id = loop.newID()
        let connectors = state.withLock { Array($0.connectors.values) }
        for connector in connectors { connector.abandon() }
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            let work = state.withLock { state in
                state.closers[id] = continuation
                var actions = state.machine.close()
                if state.isClosed { actions.append(.closed) }
                let work = take(actions, &state)
                if !state.isClosed {
                    loop.schedule(at: deadline.instant) { [weak self] in self?.closeTimedOut(id, deadline) }
                }
                return work
            }
            perform(work)
        }
    }

    private func closeTimedOut(_ id: UInt64, _ deadline: Deadline) {
        let (closer, leased) = state.withLock { ($0.closers.removeValue(forKey: id), $0.machine.leasedCount) }
        closer?.resume(throwing: deadline.timeout(waitingFor: "\(leased) connections to be given back"))
    }
}
#endif
