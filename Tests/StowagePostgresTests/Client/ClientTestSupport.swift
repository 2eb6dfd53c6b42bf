#if Postgres
import Stowage
import StowagePostgres
import StowageTestServers
import Testing

/// Far more than any of these tests needs: time decides no verdict.
let patience = Deadline.after(.seconds(300))

/// Runs a test on a pool to an empty database of its own.
func withPool(
    _ configuration: PostgresPoolConfiguration = .init(),
    _ body: (PostgresPool) async throws -> Void
) async throws {
    let server = try await TestPostgres.shared()
    let url = try await server.freshDatabase()
    let pool = try PostgresPool(url: url, configuration: configuration)
    do {
        try await body(pool)
    } catch {
        try? await pool.close(deadline: .after(.seconds(10)))
        try? await server.drop(url)
        throw error
    }
    try await pool.close(deadline: patience)
    try await server.drop(url)
}

func pool(of size: Int) -> PostgresPoolConfiguration {
    var configuration = PostgresPoolConfiguration()
    configuration.size = size
    return configuration
}

/// The code of the error that a closure throws.
func code(_ body: () async throws -> Void) async -> StorageError.Code? {
    await storageError(body)?.code
}

func storageError(_ body: () async throws -> Void) async -> StorageError? {
    do {
        try await body()
        return nil
    } catch {
        return error as? StorageError
    }
}

/// Waits for something that another process or thread is about to do.
func eventually(_ condition: () async throws -> Bool) async throws {
    for _ in 0..<6000 {
        if try await condition() { return }
        try await Task.sleep(for: .milliseconds(10))
    }
    Issue.record("what was waited for has not happened within a minute")
}
#endif
