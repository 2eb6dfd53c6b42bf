#if Postgres
import Foundation
import Synchronization
import Testing

/// Stands between a client and a server, and cuts connections in the middle of an answer.
final class CuttingProxy: Sendable {
    let port: Int
    private let listener: Int32
    private let serverPort: Int
    private let state = Mutex(State())

    private struct State {
        /// How many more bytes of answers go through before the connection that carries the last of them is cut.
        var allowance: Int?
        var cuts = 0
        var isStopped = false
    }

    init(to serverPort: Int) throws {
        self.serverPort = serverPort
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = Self.address(0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let code = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && listen(descriptor, 64) == 0
                    ? getsockname(descriptor, $0, &length) : -1
            }
        }
        try #require(code == 0)
        listener = descriptor
        port = Int(UInt16(bigEndian: address.sin_port))
        Thread.detachNewThread { self.acceptAll() }
    }

    /// How many connections have been cut.
    var cuts: Int { state.withLock { $0.cuts } }
    /// Whether the last ``cut(after:)`` is still to come.
    var isArmed: Bool { state.withLock { $0.allowance != nil } }

    /// Cuts a connection once so many bytes of answers, over all connections, have gone through.
    func cut(after bytes: Int) { state.withLock { $0.allowance = bytes } }

    /// Takes no more connections.
    func stop() {
        state.withLock { $0.isStopped = true }
        _ = shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }

    private static func address(_ port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        return address
    }

    private func acceptAll() {
        while true {
            let client = accept(listener, nil, nil)
            guard client >= 0, !state.withLock({ $0.isStopped }) else { return }
            let server = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            var address = Self.address(serverPort)
            let code = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(server, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
            guard code == 0 else {
                close(client)
                close(server)
                continue
            }
            let pair = Pair(client: client, server: server)
            Thread.detachNewThread { self.pump(from: client, to: server, pair, isAnswer: false) }
            Thread.detachNewThread { self.pump(from: server, to: client, pair, isAnswer: true) }
        }
    }

    /// Both ends of a connection; they are closed when neither thread uses them any more.
    private final class Pair: Sendable {
        let client: Int32
        let server: Int32

        init(client: Int32, server: Int32) {
            self.client = client
            self.server = server
        }

        func cut() {
            _ = shutdown(client, Int32(SHUT_RDWR))
            _ = shutdown(server, Int32(SHUT_RDWR))
        }

        deinit {
            close(client)
            close(server)
        }
    }

    private func pump(from source: Int32, to target: Int32, _ pair: Pair, isAnswer: Bool) {
        var buffer = [UInt8](repeating: 0, count: 16 << 10)
        while true {
            let count = recv(source, &buffer, buffer.count, 0)
            guard count > 0 else { return pair.cut() }
            let passed = isAnswer ? allowed(count) : count
            var sent = 0
            while sent < passed {
                let written = buffer.withUnsafeBytes {
                    send(target, $0.baseAddress! + sent, passed - sent, Int32(MSG_NOSIGNAL))
                }
                guard written > 0 else { return pair.cut() }
                sent += written
            }
            if passed < count { return pair.cut() }
        }
    }

    /// How many of these bytes may go through; fewer than all when the connection is to be cut here.
    private func allowed(_ count: Int) -> Int {
        state.withLock { state in
            guard let allowance = state.allowance else { return count }
            guard count > allowance else {
                state.allowance = allowance - count
                return count
            }
            state.allowance = nil
            state.cuts += 1
            return allowance
        }
    }
}
#endif
