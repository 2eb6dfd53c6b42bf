#if Postgres
import Stowage
import StowagePostgres
import Testing

@Suite struct QueryTests {
    @Test func everyTypeBothWays() async throws {
        try await withPool { pool in
            try await pool.withConnection(deadline: patience) { connection in
                let uuid: [UInt8] = (0..<16).map { UInt8($0 * 16 + 1) }
                let text = "a'b\"c\\ \u{1F600} e\u{301} \n\t'; DROP TABLE x; --"
                var seen = 0
                try await connection.query(
                    """
                    SELECT $1::boolean, $2::bigint, $3::double precision, $4::text, $5::bytea, $6::uuid, $7::timestamptz,
                        $8::numeric, $9::json, $10::text, $2::bigint::text, 7::smallint, -8::integer, '{"a":1}'::jsonb,
                        $6::uuid::text, extract(epoch from $7)::bigint, 1.5::real
                    """,
                    [
                        .bool(true), .int8(.min), .float8(-0.0), .text(text), .bytea([0, 1, 255]), .uuid(uuid),
                        .timestamptz(1_700_000_000_123_456), .numeric("-12345.6700"), .json("{\"a\" : 1.0}"),
                        .null(.text),
                    ],
                    deadline: patience
                ) { row in
                    seen += 1
                    try #expect(row.bool(0))
                    try #expect(row.int8(1) == .min)
                    try #expect(row.float8(2).sign == .minus)
                    try #expect(row.text(3).utf8.elementsEqual(text.utf8))
                    try #expect(row.bytea(4) == [0, 1, 255])
                    try #expect(row.uuid(5) == uuid)
                    try #expect(row.timestamptz(6) == 1_700_000_000_123_456)
                    try #expect(row.numeric(7) == "-12345.6700")
                    try #expect(row.text(8) == "{\"a\" : 1.0}")
                    #expect(row.isNull(9))
                    try #expect(row.text(10) == "-9223372036854775808")
                    try #expect(row.int8(11) == 7)
                    try #expect(row.int8(12) == -8)
                    try #expect(row.text(13) == "{\"a\": 1}")
                    try #expect(row.text(14) == "01112131-4151-6171-8191-a1b1c1d1e1f1")
                    try #expect(row.int8(15) == 1_700_000_000)
                    try #expect(row.float8(16) == 1.5)
                    #expect(throws: StorageError.self) { try row.int8(3) }
                    #expect(throws: StorageError.self) { try row.uuid(9) }
                    #expect(throws: StorageError.self) { try row.text(9) }
                }
                #expect(seen == 1)
            }
        }
    }

    @Test(arguments: [
        "0", "0.00", "-0.5", "1", "10000", "9999", "100000000", "0.0001", "0.00001234",
        "-123456789012345678901234567890.5",
        "1e30", "1e-30", "NaN", "Infinity", "-Infinity", "12345678.000",
    ])
    func numericsReadAsTheServerWritesThem(_ number: String) async throws {
        try await withPool { pool in
            _ = try await pool.withConnection(deadline: patience) { connection in
                try await connection.query("SELECT $1, $1::text", [.numeric(number)], deadline: patience) { row in
                    try #expect(row.numeric(0) == row.text(1))
                }
            }
        }
    }

    @Test func arraysOfAHundredThousand() async throws {
        try await withPool { pool in
            try await pool.withConnection(deadline: patience) { connection in
                let ids = (0..<100_000).map { "session-\($0)" }
                try await connection.query(
                    "SELECT count(*), min(x), max(length(x)) FROM unnest($1) AS x WHERE x = ANY($1)",
                    [.textArray(ids)],
                    deadline: patience
                ) { row in
                    try #expect(row.int8(0) == 100_000)
                    try #expect(row.text(1) == "session-0")
                }
                try await connection.query(
                    "SELECT sum(x) FROM unnest($1) AS x",
                    [.int8Array(Array(1...100_000))],
                    deadline: patience
                ) { row in try #expect(row.numeric(0) == "5000050000") }
                let uuid = [UInt8](repeating: 7, count: 16)
                try await connection.query(
                    "SELECT array_length($1, 1), array_to_string($2, ',', 'null'), cardinality($3), ($4)[1]",
                    [
                        .array(.uuid, [.uuid(uuid), .null()]), .array(.text, [.text("a"), .null(), .text("")]),
                        .array(.float8, []), .array(.timestamptz, [.timestamptz(0)]),
                    ],
                    deadline: patience
                ) { row in
                    try #expect(row.int8(0) == 2)
                    try #expect(row.text(1) == "a,null,")
                    try #expect(row.int8(2) == 0)
                    try #expect(row.timestamptz(3) == 0)
                }
            }
        }
    }

    @Test func batchesShareOneRoundTripAndOneFate() async throws {
        try await withPool { pool in
            try await pool.withConnection(deadline: patience) { connection in
                try await connection.execute(
                    "CREATE TABLE t (id bigint PRIMARY KEY); CREATE TABLE u (x text)",
                    deadline: patience
                )
                let insert = "INSERT INTO t VALUES ($1)"
                let results = try await connection.run(
                    [
                        PostgresStatement("BEGIN", isPrepared: false), PostgresStatement(insert, [.int8(1)]),
                        PostgresStatement(insert, [.int8(2)]), PostgresStatement("SELECT count(*) FROM t"),
                    ],
                    deadline: patience
                )
                #expect(results.count == 4)
                #expect(results[1].affectedRows == 1)
                try #expect(results[3].row(0).int8(0) == 2)
                #expect(connection.transactionStatus == .open)
                let error = await storageError {
                    _ = try await connection.run(
                        [PostgresStatement(insert, [.int8(2)]), PostgresStatement("SELECT 1")],
                        deadline: patience
                    )
                }
                #expect(error?.code == .constraint)
                #expect(error?.backend?.code == "23505")
                #expect(error?.backend?.constraint == "t_pkey")
                #expect(error?.place?.table == "t")
                #expect(connection.transactionStatus == .failed)
                try await connection.execute("ROLLBACK", deadline: patience)
                #expect(connection.transactionStatus == .none)
                // Outside a transaction a batch is undone as a whole.
                _ = await storageError {
                    _ = try await connection.run(
                        [PostgresStatement(insert, [.int8(5)]), PostgresStatement("SELECT 1/0")],
                        deadline: patience
                    )
                }
                try await connection.query("SELECT count(*) FROM t", deadline: patience) {
                    try #expect($0.int8(0) == 0)
                }
            }
        }
    }

    @Test func errorsHaveCodesAndNoValues() async throws {
        try await withPool { pool in
            try await pool.withConnection(deadline: patience) { connection in
                try await connection.execute(
                    "CREATE TABLE t (id bigint PRIMARY KEY, n text NOT NULL, c int CHECK (c > 0))",
                    deadline: patience
                )
                let secret = "hunter2-value"
                let cases: [(String, PostgresParameters, StorageError.Code)] = [
                    ("INSERT INTO t VALUES (1, $1)", [.null(.text)], .invalidValue),
                    ("INSERT INTO t VALUES (1, $1, -1)", [.text(secret)], .constraint),
                    ("SELECT $1::bigint", [.text(secret)], .invalidValue),
                    ("SELECT $1", [.text("a\0b")], .invalidValue),
                    ("SELECT $1", [.numeric("1\0")], .invalidValue),
                    ("SELECT * FROM missing", [], .schemaMismatch),
                    ("SELECT missing FROM t", [], .schemaMismatch),
                    ("SELECT FROM WHERE", [], .invalidArgument),
                    ("SELECT 1\0 + 1", [], .invalidArgument),
                    ("SELECT $1::bigint + $2::bigint", [.int8(1)], .invalidArgument),
                    ("SET TRANSACTION READ ONLY; INSERT INTO t VALUES (1, 'x')", [], .invalidArgument),
                ]
                for (sql, parameters, code) in cases {
                    let error = await storageError { try await connection.query(sql, parameters, deadline: patience) }
                    #expect(error?.code == code, "\(sql)")
                    #expect(!String(reflecting: error).contains("hunter2"))
                    #expect(connection.transactionStatus == .none)
                }
                let readOnly = await code {
                    try await connection.execute(
                        "BEGIN READ ONLY; INSERT INTO t VALUES (1, 'x'); COMMIT",
                        deadline: patience
                    )
                }
                #expect(readOnly == .readOnly)
            }
        }
    }

    @Test func statementsStayPreparedAndAreForgottenInTime() async throws {
        var configuration = pool(of: 1)
        configuration.preparedStatements = 4
        try await withPool(configuration) { pool in
            try await pool.withConnection(deadline: patience) { connection in
                for round in 0..<3 {
                    for number in 0..<10 {
                        try await connection.query("SELECT \(number) + $1", [.int8(Int64(round))], deadline: patience) {
                            try #expect($0.int8(0) == Int64(number + round))
                        }
                    }
                }
                try await connection.query("SELECT count(*) FROM pg_prepared_statements", deadline: patience) {
                    try #expect($0.int8(0) <= 6)
                }
                // A session that has lost them, and a table that has changed, cost a repetition and no error.
                try await connection.execute("DEALLOCATE ALL; CREATE TABLE t AS SELECT 1 AS a", deadline: patience)
                try await connection.query("SELECT 9 + $1", [.int8(1)], deadline: patience) {
                    try #expect($0.int8(0) == 10)
                }
                try await connection.query("SELECT * FROM t", deadline: patience) { #expect($0.count == 1) }
                try await connection.execute("ALTER TABLE t ADD b int", deadline: patience)
                try await connection.query("SELECT * FROM t", deadline: patience) { #expect($0.count == 2) }
            }
        }
    }

    @Test func withoutPreparedStatements() async throws {
        var configuration = pool(of: 1)
        configuration.preparedStatements = 0
        try await withPool(configuration) { pool in
            try await pool.withConnection(deadline: patience) { connection in
                for _ in 0..<3 {
                    try await connection.query("SELECT $1", [.text("x")], deadline: patience) {
                        try #expect($0.text(0) == "x")
                    }
                }
                try await connection.query("SELECT count(*) FROM pg_prepared_statements", deadline: patience) {
                    try #expect($0.int8(0) == 0)
                }
            }
        }
    }
}
#endif
