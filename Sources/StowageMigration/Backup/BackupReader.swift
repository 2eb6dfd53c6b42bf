internal import Stowage
internal import Synchronization

/// One walk through a backup from its first line to its last, every line checked. Its calls block: they run on a worker.
struct BackupReader<Record: StorageRecord, State: StorageState>: Sendable where State.Record == Record {
    let header: BackupHeader
    let trailer: BackupTrailer

    private let file: BackupFile
    private let collection: CollectionSchema
    private let check: StoredRecordCheck<Record>
    private var lines: BackupLines
    private let end: Int
    private var recordsLeft: Int
    private var lastKey: Key?

    /// Reads the first line and the last.
    ///
    /// - Throws: `corrupt` when the file is no whole backup, `schemaMismatch` for a later version of the format and for
    ///   records of another type.
    init(_ file: BackupFile, _ schema: RecordSchema<Record>) throws {
        self.file = file
        collection = schema.collection
        check = StoredRecordCheck(schema)
        var first = BackupLines(file, end: file.size)
        let header = try Self.locating(first, file) {
            try first.withNext(limit: BackupFormat.maximumHeaderBytes, BackupHeader.init)
        }
        guard let header else { throw BackupHeader.foreign.at(.init(path: file.path, byteOffset: 0, line: 1)) }
        self.header = header
        (trailer, end) = try file.trailer()
        lines = BackupLines(file, end: end)
        _ = try lines.withNext { _ in }
        let names = header.collections.map { StorageError.quoted($0.name) }.joined(separator: ", ")
        guard header.collections.count == 1, let only = header.collections.first else {
            throw StorageError(.schemaMismatch, "the backup holds several collections: \(names)")
                .at(.init(path: file.path, byteOffset: 0, line: 1))
        }
        recordsLeft = only.records
        try Self.locating(lines, file) { [collection] in try only.check(collection) }
    }

    /// The state's fields. The first call of a walk.
    mutating func state() throws -> [StateMember] {
        var members: [StateMember] = []
        for _ in 0..<header.stateCount {
            let member = try next { try Self.member($0) }
            if let last = members.last, TextOrder.compare(last.name, member.name) != .ascending {
                throw located(StorageError(.corrupt, "a field of the state stands twice, or out of order"))
            }
            members.append(member)
        }
        return members
    }

    /// The next records, at most so many and not many more bytes; none at the end.
    mutating func page(_ count: Int, bytes limit: Int = 4 << 20) throws -> [Row] {
        var rows: [Row] = []
        let start = lines.nextOffset
        while rows.count < count, recordsLeft > 0, lines.nextOffset - start < limit {
            rows.append(try record { row, _ in row })
        }
        return rows
    }

    /// Compares the next records with rows of a store, in their canonical text.
    ///
    /// - Parameter exactly: Whether the lines of the file are that text to the byte, as they are when it was just written.
    /// - Throws: `corrupt` for the first one that differs.
    mutating func compare(_ rows: [Row], exactly: Bool, _ foreign: ForeignColumns) throws {
        var (left, right): ([UInt8], [UInt8]) = ([], [])
        for row in rows {
            guard recordsLeft > 0 else { throw differs(row, "the store holds a record that the backup does not") }
            let (isSame, clash) = try record { [collection] stored, line in
                left.removeAll(keepingCapacity: true)
                let row = foreign.leavingOut(of: row, besides: stored)
                try BackupFormat.append(row, of: collection, to: &left)
                right.removeAll(keepingCapacity: true)
                try BackupFormat.append(stored, of: collection, to: &right)
                let isSame = left == right && (!exactly || left.dropLast().elementsEqual(line))
                return (isSame, isSame ? nil : foreign.clash(of: row, with: stored))
            }
            if let clash {
                throw differs(row, "a column that no field names fills itself with something else than the backup has")
                    .inField(clash)
                    .advising("Take the default or the trigger off the column, and restore again; nothing was changed")
            }
            if !isSame { throw differs(row, "the record in the backup is not the one in the store") }
        }
    }

    /// Ends the walk.
    ///
    /// - Returns: The checksum of all bytes before the last line.
    /// - Throws: `corrupt` unless everything was there, and nothing else.
    mutating func finish() throws -> String {
        if recordsLeft > 0 {
            throw located(StorageError(.corrupt, "the store lacks records that the backup holds"))
        }
        let more: Void? = try lines.withNext { _ in }
        if more != nil { throw located(StorageError(.corrupt, "there are more lines than the header says")) }
        let counts = (header.collections.reduce(0) { $0 + $1.records }, header.stateCount)
        guard lines.finalChecksum == trailer.checksum, counts == (trailer.records, trailer.stateCount) else {
            throw StorageError(.corrupt, BackupTrailer.damage)
                .at(.init(path: file.path, byteOffset: end, line: lines.line + 1))
        }
        return trailer.checksum
    }

    private mutating func record<Result>(
        _ body: (Row, UnsafeBufferPointer<UInt8>) throws -> Result
    ) throws -> Result {
        let (collection, check, last) = (collection, check, lastKey)
        let (key, result) = try next { line in
            var scanner = JSONScanner(line)
            let row = try RowJSON.row(&scanner, of: collection)
            try scanner.finish()
            let key = collection.key(of: row.values)
            if scanner.containsNUL { throw StorageError.nulInText.forRecord(key.description) }
            try check.check(row)
            if let last, last.compare(key) != .ascending {
                throw StorageError(.corrupt, "a record stands twice, or out of order").forRecord(key.description)
            }
            return (key, try body(row, line))
        }
        lastKey = key
        recordsLeft -= 1
        return result
    }

    private static func member(_ line: UnsafeBufferPointer<UInt8>) throws -> StateMember {
        let object = try JSON(parsing: line).object
        guard let name = object?["name"]?.string, let value = object?["value"], object?.members.count == 2 else {
            throw StorageError(.corrupt, "the line is no field of the state")
        }
        let json = String(decoding: value.compact, as: UTF8.self)
        try StoredRecordCheck<Record>.checkState(State.self, name: name, json: json)
        return StateMember(name: name, json: json)
    }

    private mutating func next<Result>(_ body: (UnsafeBufferPointer<UInt8>) throws -> Result) throws -> Result {
        let result: Result?
        do {
            result = try lines.withNext(body)
        } catch {
            throw located(error)
        }
        guard let result else {
            throw StorageError(.corrupt, "there are fewer lines than the header says")
                .at(.init(path: file.path, byteOffset: end, line: lines.line + 1))
        }
        return result
    }

    private func differs(_ row: Row, _ message: String) -> StorageError {
        located(StorageError(.corrupt, message).forRecord(collection.key(of: row.values).description))
            .inCollection(collection.name)
    }

    private func located(_ error: any Error) -> StorageError { Self.located(error, lines, file) }

    private static func locating<Result>(
        _ lines: @autoclosure () -> BackupLines,
        _ file: BackupFile,
        _ body: () throws -> Result
    ) throws -> Result {
        do {
            return try body()
        } catch {
            throw located(error, lines(), file)
        }
    }

    /// An error about the line last read, with its place in the file.
    private static func located(_ error: any Error, _ lines: BackupLines, _ file: BackupFile) -> StorageError {
        let known =
            switch error {
            case let error as StorageError: error
            case let error as JSONSyntaxError: error.recordError
            default: StorageError(.corrupt, "the line cannot be read")
            }
        // What failed below, such as reading the file, says itself where.
        if known.place?.path != nil { return known }
        let offset = lines.offset + (known.place?.byteOffset ?? 0)
        return known.at(.init(path: file.path, byteOffset: offset, line: lines.line))
    }
}

/// A walk through a backup on a worker, so that no task waits for the disk.
final class BackupPass<Record: StorageRecord, State: StorageState>: Sendable where State.Record == Record {
    static var pageSize: Int { 500 }

    let header: BackupHeader
    let trailer: BackupTrailer
    private let reader: Mutex<BackupReader<Record, State>>
    private let worker: WorkerThread

    private init(_ reader: BackupReader<Record, State>, _ worker: WorkerThread) {
        header = reader.header
        trailer = reader.trailer
        self.reader = Mutex(reader)
        self.worker = worker
    }

    static func begin(
        _ file: BackupFile,
        _ schema: RecordSchema<Record>,
        _ worker: WorkerThread
    ) async throws -> BackupPass {
        BackupPass(try await worker.work { try BackupReader(file, schema) }, worker)
    }

    func state() async throws -> [StateMember] { try await step { try $0.state() } }
    func page() async throws -> [Row] { try await step { try $0.page(Self.pageSize) } }
    func compare(
        _ rows: [Row],
        exactly: Bool,
        _ foreign: ForeignColumns = ForeignColumns()
    ) async throws {
        try await step { try $0.compare(rows, exactly: exactly, foreign) }
    }
    func finish() async throws -> String { try await step { try $0.finish() } }

    /// Reads the next page while the body works on the one before.
    func forEach(_ body: ([Row]) async throws -> Void) async throws {
        var rows = try await page()
        while !rows.isEmpty {
            async let ahead = page()
            try await body(rows)
            rows = try await ahead
        }
    }

    private func step<Result: Sendable>(
        _ body: @escaping @Sendable (inout BackupReader<Record, State>) throws -> Result
    ) async throws -> Result {
        try await worker.work { [self] in try reader.withLock { try body(&$0) } }
    }
}

extension WorkerThread {
    /// Runs a step of work on a file, which ends by itself.
    func work<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
        try await run(deadline: .distant, waitingFor: "the backup's file", body)
    }
}
