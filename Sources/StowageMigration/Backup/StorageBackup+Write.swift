public import Stowage

extension StorageBackup {
    /// Writes a backup of a store, reads it back, compares it with the store, and then gives it its name.
    ///
    /// All of it is one snapshot (TXN-6): writers are not held up, and nothing of theirs is half in it. The file is
    /// private to the user, durable when this returns, and never takes the place of another; of a backup that fails
    /// nothing is left.
    ///
    /// - Parameters:
    ///   - storage: An initialized storage; one that is opened for reading only is enough.
    ///   - path: The file, which must not exist.
    ///   - progress: Told after each page.
    /// - Throws: `alreadyExists` when the file exists; `corrupt` for a record of the store that cannot be read, and for a
    ///   folder of the file's name; `invalidArgument` for a folder that is not there; `storageFull`, `permission`, `readOnly`;
    ///   `invalidArgument` inside a transaction; `cancelled`.
    public static func write(
        from storage: some DatabaseStorage<Record, State>,
        to path: String,
        progress: (@Sendable (MoveProgress) -> Void)? = nil
    ) async throws -> BackupReport {
        let database = try storage.handle.openDatabase(for: "a backup")
        let schema = storage.handle.schema
        return try await database.running {
            try await database.requireAllVisible(schema.collection)
            let worker = WorkerThread(name: "stowage-backup")
            // When it goes away without a name it leaves nothing.
            let file = try await worker.work { try NewFile(path) }
            do {
                let reading = try await Reading.begin(database)
                let report: BackupReport
                do {
                    let job = BackupJob<Record, State>(database, schema, reading, worker, file, progress)
                    try await job.write()
                    report = try await job.verify()
                } catch {
                    await reading.end()
                    throw error
                }
                await reading.end()
                progress?(MoveProgress(phase: .publishing, done: report.verified, total: report.verified))
                try await worker.work { try file.publish() }
                return report
            } catch {
                file.discard()
                throw error
            }
        }
    }
}

/// One snapshot on its way into one file.
private struct BackupJob<Record: StorageRecord, State: StorageState>: Sendable where State.Record == Record {
    private let database: StorageDatabase
    private let schema: RecordSchema<Record>
    private let reading: Reading
    private let worker: WorkerThread
    private let file: NewFile
    private let progress: (@Sendable (MoveProgress) -> Void)?

    init(
        _ database: StorageDatabase,
        _ schema: RecordSchema<Record>,
        _ reading: Reading,
        _ worker: WorkerThread,
        _ file: NewFile,
        _ progress: (@Sendable (MoveProgress) -> Void)?
    ) {
        self.database = database
        self.schema = schema
        self.reading = reading
        self.worker = worker
        self.file = file
        self.progress = progress
    }

    private var collection: CollectionSchema { schema.collection }

    /// Writes all lines, and makes them durable.
    func write() async throws {
        let state = try await reading.state(State.self)
        for member in state {
            try StoredRecordCheck<Record>.checkState(State.self, name: member.name, json: member.json)
        }
        let count = try await reading.transaction.count(.all, in: collection)
        let header = BackupHeader(
            createdAt: .now,
            adapter: database.driver.location.backend,
            stateCount: state.count,
            collections: [.init(collection, records: count)]
        )
        var (checksum, byteCount, done) = (SHA256(), 0, 0)
        func add(_ bytes: [UInt8]) async throws {
            byteCount += bytes.count
            let before = checksum
            checksum = try await worker.work { [file] in
                var checksum = before
                checksum.update(bytes)
                try file.write(bytes)
                return checksum
            }
        }
        try await add(header.line)
        for member in state { try await add(BackupFormat.line(member)) }
        let check = StoredRecordCheck(schema)
        try await reading.pages(of: collection, size: BackupPass<Record, State>.pageSize).forEach { page in
            if let damage = page.damages.first { throw damage }
            var bytes: [UInt8] = []
            for row in page.rows {
                try check.check(row)
                try BackupFormat.append(row, of: collection, to: &bytes)
            }
            try await add(bytes)
            done += page.rows.count
            progress?(MoveProgress(phase: .copying, done: done, total: count))
        }
        guard done == count else {
            throw StorageError(.corrupt, "the store counts \(Counted.text(count, "record")) and hands over \(done)")
                .inCollection(collection.name)
        }
        let trailer = BackupTrailer(
            records: count,
            stateCount: state.count,
            byteCount: byteCount,
            checksum: checksum.hex
        )
        try await worker.work { [file] in
            try file.write(trailer.line)
            try file.flush()
        }
    }

    /// Reads the file back and compares it with the same snapshot, record by record.
    func verify() async throws -> BackupReport {
        let written = try await worker.work { [file] in try file.reopened() }
        let pass = try await BackupPass<Record, State>.begin(written, schema, worker)
        guard try await pass.state() == reading.state(State.self) else {
            throw StorageError(.corrupt, "the state in the backup is not the one in the store")
        }
        var done = 0
        try await reading.pages(of: collection, size: BackupPass<Record, State>.pageSize).forEach { page in
            if let damage = page.damages.first { throw damage }
            try await pass.compare(page.rows, exactly: true)
            done += page.rows.count
            progress?(MoveProgress(phase: .verifying, done: done, total: pass.trailer.records))
        }
        _ = try await pass.finish()
        return BackupReport(
            source: database.driver.location,
            backup: StorageBackup.summary(of: written, pass),
            verified: done
        )
    }
}
