#if Postgres
#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif
internal import CLibPQ
internal import Stowage
internal import Synchronization

/// An attempt to connect, on a thread of its own.
///
/// libpq resolves names with a blocking call, and `PQconnectPoll` knows no time limit, so the thread keeps the limits
/// itself: the deadline for the whole, and a share of it for each host, since a host that swallows packets must not use
/// up the time of its neighbours.
final class PostgresConnector: Sendable {
    typealias Outcome = Result<PGConnectionHandle, StorageError>

    private let endpoint: PostgresEndpoint
    private let deadline: Deadline
    /// Statements that every new session runs before it is used.
    private let setupScript: String?
    private let isAbandoned = Atomic(false)

    init(endpoint: PostgresEndpoint, deadline: Deadline, setupScript: String? = nil) {
        self.endpoint = endpoint
        self.deadline = deadline
        self.setupScript = setupScript
    }

    /// Starts the thread, which calls back once.
    func start(_ completion: @escaping @Sendable (Outcome) -> Void) {
        do {
            try OwnThread.tryStart(named: "stowage-pq-conn") { completion(self.connect()) }
        } catch {
            completion(.failure(error as? StorageError ?? .lostConnection))
        }
    }

    /// Lets the thread end soon; its late connection is closed.
    func abandon() { isAbandoned.store(true, ordering: .relaxed) }

    /// Closes a connection that nobody wants.
    static func discard(_ handle: PGConnectionHandle) { PQfinish(handle.pointer) }

    private func connect() -> Outcome {
        var endpoint = endpoint
        var pauseMilliseconds = 20
        while true {
            switch attempt(endpoint) {
            case .connected(let handle):
                return .success(handle)
            case .failed(let error):
                // A server without a free connection, or one that is starting, will take us in a moment.
                guard ["53300", "57P03"].contains(error.backend?.code ?? "") else { return .failure(error) }
                let pause = Int.random(in: pauseMilliseconds / 2...pauseMilliseconds)
                pauseMilliseconds = min(pauseMilliseconds * 2, 500)
                guard deadline.remainingMilliseconds > pause, !isAbandoned.load(ordering: .relaxed) else {
                    return .failure(error)
                }
                usleep(UInt32(pause) * 1000)
            case .silent(let count):
                guard let rest = endpoint.dropping(count), !deadline.hasPassed else {
                    return .failure(deadline.timeout(waitingFor: "a connection to \(self.endpoint)"))
                }
                endpoint = rest
            }
        }
    }

    private enum Attempt {
        case connected(PGConnectionHandle)
        case failed(StorageError)
        /// So many hosts were tried, and the last of them did not answer in time.
        case silent(Int)
    }

    private func attempt(_ endpoint: PostgresEndpoint) -> Attempt {
        guard let connection = Self.begin(endpoint) else {
            return .failed(StorageError(.unavailable, "there is no memory for a connection"))
        }
        let (isConnected, silentHosts) = drive(connection, endpoint)
        if isConnected, !isAbandoned.load(ordering: .relaxed), runSetup(connection) {
            PQsetnonblocking(connection, 1)
            return .connected(PGConnectionHandle(pointer: connection))
        }
        defer { PQfinish(connection) }
        if let silentHosts { return .silent(silentHosts) }
        return .failed(Self.explain(connection, endpoint, isConnected: isConnected))
    }

    private static func begin(_ endpoint: PostgresEndpoint) -> OpaquePointer? {
        var keywords: [UnsafePointer<CChar>?] = []
        var values: [UnsafePointer<CChar>?] = []
        for (keyword, value) in endpoint.settings {
            keywords.append(UnsafePointer(strdup(keyword)))
            values.append(UnsafePointer(strdup(value)))
        }
        defer { for text in keywords + values { free(UnsafeMutablePointer(mutating: text)) } }
        keywords.append(nil)
        values.append(nil)
        guard let connection = PQconnectStartParams(keywords, values, 0) else { return nil }
        // Only the code of an error, in no language and without details: the one part we read.
        PQsetErrorVerbosity(connection, PQERRORS_SQLSTATE)
        // Without a receiver libpq prints notices on standard error.
        PQsetNoticeReceiver(connection, { _, _ in }, nil)
        return connection
    }

    /// Waits and polls until the connection stands or has failed.
    private func drive(_ connection: OpaquePointer, _ endpoint: PostgresEndpoint) -> (Bool, silentHosts: Int?) {
        var status = PGRES_POLLING_WRITING
        var triedHost: PostgresEndpoint.Host?
        var hostDeadline = deadline
        while PQstatus(connection) != CONNECTION_BAD {
            let host = Self.currentHost(connection)
            if host != triedHost {
                triedHost = host
                hostDeadline = limit(for: host, endpoint)
            }
            switch status {
            case PGRES_POLLING_OK: return (true, nil)
            case PGRES_POLLING_READING, PGRES_POLLING_WRITING: break
            default: return (false, nil)
            }
            if isAbandoned.load(ordering: .relaxed) { return (false, nil) }
            let events = status == PGRES_POLLING_READING ? POLLIN : POLLOUT
            var descriptor = pollfd(fd: PQsocket(connection), events: Int16(events), revents: 0)
            // In slices, to notice that nobody waits any more.
            if poll(&descriptor, 1, Int32(min(hostDeadline.remainingMilliseconds, 250))) > 0 {
                status = PQconnectPoll(connection)
            } else if hostDeadline.hasPassed {
                return (false, Self.position(of: host, in: endpoint) + 1)
            }
        }
        return (false, nil)
    }

    private static func currentHost(_ connection: OpaquePointer) -> PostgresEndpoint.Host {
        func text(_ pointer: UnsafeMutablePointer<CChar>?) -> String? { pointer.map { String(cString: $0) } }
        return PostgresEndpoint.Host(
            name: text(PQhost(connection)),
            address: text(PQhostaddr(connection)),
            port: text(PQport(connection))
        )
    }

    private static func position(of host: PostgresEndpoint.Host, in endpoint: PostgresEndpoint) -> Int {
        let hosts = endpoint.hosts
        return hosts.firstIndex {
            ($0.name ?? $0.address) == host.name && ($0.port ?? "5432") == (host.port ?? "5432")
        } ?? hosts.count - 1
    }

    /// By when a host must have answered: `connect_timeout` when it is given, else an equal share of what is left.
    private func limit(for host: PostgresEndpoint.Host, _ endpoint: PostgresEndpoint) -> Deadline {
        if let seconds = endpoint.settings["connect_timeout"].flatMap({ Int($0) }), seconds > 0 {
            return min(deadline, .after(.seconds(max(seconds, 2))))
        }
        let left = max(endpoint.hosts.count - Self.position(of: host, in: endpoint), 1)
        return min(deadline, .after(deadline.remaining / left))
    }

    /// Runs the setup script, waiting in slices like ``drive(_:_:)``: a server that has stopped to answer must not hold
    /// this thread, and with it a place of the pool, for as long as TCP hopes.
    private func runSetup(_ connection: OpaquePointer) -> Bool {
        guard let setupScript, !setupScript.isEmpty else { return true }
        guard PQsendQuery(connection, setupScript) == 1 else { return false }
        var isDone = true
        while true {
            while PQisBusy(connection) == 1 {
                if isAbandoned.load(ordering: .relaxed) || deadline.hasPassed { return false }
                var descriptor = pollfd(fd: PQsocket(connection), events: Int16(POLLIN), revents: 0)
                _ = poll(&descriptor, 1, Int32(min(deadline.remainingMilliseconds, 250)))
                guard PQconsumeInput(connection) == 1 else { return false }
            }
            guard let result = PQgetResult(connection) else { return isDone }
            let status = PQresultStatus(result)
            PQclear(result)
            if ![PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY].contains(status) { isDone = false }
        }
    }
}
#endif
