#if Postgres
internal import CLibPQ
package import Stowage
internal import Synchronization

/// Bulk loading.
extension PostgresConnection {
    /// Runs `COPY … FROM STDIN` and feeds it what a producer makes, chunk by chunk.
    ///
    /// A chunk need not end where a row ends. The producer is asked for the next one when the last has been handed to the
    /// operating system, so memory holds one chunk. When it throws, nothing is loaded, and its error is thrown on.
    ///
    /// - Parameters:
    ///   - commits: Whether the COPY runs outside a transaction.
    ///   - deadline: For the whole.
    ///   - producer: Makes the next chunk; `nil` ends the load.
    package func copyIn(
        _ sql: String,
        commits: Bool = false,
        deadline: Deadline,
        producer: () async throws -> [UInt8]?
    ) async throws {
        try deadline.check(waitingFor: "the connection's turn")
        let id = loop.newID()
        let begun = try await wait(for: id) { core in
            let reader = try core.send(script: sql, commits: commits)
            core.operation = PostgresOperation(id: id, reader: reader, goal: .copyIn, deadline: deadline)
        }
        guard case .ready = begun else {
            throw StorageError(.invalidArgument, "a statement that is not COPY FROM STDIN was given data")
        }
        do {
            while let chunk = try await producer() {
                if !chunk.isEmpty { try await put(chunk, id) }
            }
        } catch {
            // The server answers with the error that we ask for; the producer's own is the one to know.
            _ = try? await end(id, refusing: true)
            throw error
        }
        _ = try await end(id, refusing: false)
    }

    private func put(_ chunk: [UInt8], _ id: UInt64) async throws {
        _ = try await wait(for: id) { core in
            let connection = try core.copying(id)
            let isQueued = chunk.withUnsafeBytes { bytes in
                // Of a gigabyte or more libpq could not say the length.
                bytes.count <= Int(Int32.max)
                    && PQputCopyData(
                        connection,
                        bytes.baseAddress?.assumingMemoryBound(to: CChar.self),
                        Int32(bytes.count)
                    ) == 1
            }
            guard isQueued else { throw StorageError(.unavailable, "data for a COPY could not be sent") }
            core.operation?.goal = .flushed
            core.flush()
        }
    }

    private func end(_ id: UInt64, refusing: Bool) async throws -> PostgresOperation.Output {
        try await wait(for: id) { core in
            let connection = try core.copying(id)
            guard PQputCopyEnd(connection, refusing ? "the producer failed" : nil) == 1 else {
                throw StorageError(.unavailable, "the end of a COPY could not be sent")
            }
            core.operation?.isCopying = false
            core.operation?.goal = .results
            core.flush()
        }
    }
}

extension PostgresConnectionCore {
    fileprivate func copying(_ id: UInt64) throws -> OpaquePointer {
        let connection = try usable()
        guard operation?.id == id, operation?.isCopying == true else { throw StorageError.lostConnection }
        return connection
    }
}
#endif
