public import Stowage

/// One file that holds a whole store: written from any adapter, restored into any.
///
/// ```swift
/// let written = try await StorageBackup.write(from: sessions, to: "sessions.backup")
/// print(written.backup.records, written.backup.checksum)
///
/// let backup = try await StorageBackup(SessionRecord.self, state: SessionState.self, reading: "sessions.backup")
/// print(backup.summary.createdAt)                        // all of it was read and checked
/// try await backup.restore(into: others)                 // refused when there are records
/// try await backup.restore(into: others, replacing: true)
/// ```
///
/// A backup is taken from one snapshot while others write, and holds everything: unknown keys of records and of the file
/// (REC-9), values to the bit, secret fields too, so it is to be kept like a password. It is text of one JSON object a
/// line, closed by its SHA-256: damage anywhere, a line too many, too few or out of order, is found before a restore
/// changes anything. Both directions take memory for a page and not for the store, as far as the adapter does.
public struct StorageBackup<Record: StorageRecord, State: StorageState>: Sendable where State.Record == Record {
    /// What the backup says of itself.
    public let summary: BackupSummary

    let file: BackupFile
    let schema: RecordSchema<Record>
    let worker: WorkerThread

    /// Reads a backup to its end, and checks every byte and every record. Nothing is changed.
    ///
    /// - Parameters:
    ///   - record: The type of the records.
    ///   - state: The type of the store.
    ///   - path: The file. It stays open: what is restored is what was checked, whatever becomes of the name.
    ///   - progress: Told after each page.
    /// - Throws: `notFound` for an absent file; `corrupt`, with the file, line and byte, for one that is damaged, cut
    ///   short or no backup; `schemaMismatch` for a later version of the format and for records of another type;
    ///   `invalidValue` for records that no store takes; `permission`, `cancelled`.
    public init(
        _ record: Record.Type = Record.self,
        state: State.Type = State.self,
        reading path: String,
        progress: (@Sendable (MoveProgress) -> Void)? = nil
    ) async throws {
        schema = try Record.schema
        let worker = WorkerThread(name: "stowage-backup")
        self.worker = worker
        let file = try await worker.work { try BackupFile(path) }
        self.file = file
        do {
            summary = try await Self.checked(file, schema, worker, progress)
        } catch let error as StorageError where [.corrupt, .schemaMismatch, .invalidValue].contains(error.code) {
            // Damage explains whatever looks wrong; what is wrong in a whole file is another matter.
            guard try await worker.work({ try file.isWhole() }) == false else { throw error }
            let isFound = TextOrder.equal(error.message, BackupTrailer.damage)
            throw StorageError(
                .corrupt,
                isFound ? error.message : "\(BackupTrailer.damage). The first trouble found: \(error.message)",
                advice: "Take another copy of it, or an older backup"
            ).forRecord(error.recordID).inField(error.field).at(error.place)
        }
    }

    /// Reads a backup to its end and answers what it holds; see ``init(_:state:reading:progress:)``.
    public static func inspect(_ path: String) async throws -> BackupSummary {
        try await StorageBackup(reading: path).summary
    }

    private static func checked(
        _ file: BackupFile,
        _ schema: RecordSchema<Record>,
        _ worker: WorkerThread,
        _ progress: (@Sendable (MoveProgress) -> Void)?
    ) async throws -> BackupSummary {
        let pass = try await BackupPass<Record, State>.begin(file, schema, worker)
        _ = try await pass.state()
        var done = 0
        var rows = try await pass.page()
        while !rows.isEmpty {
            done += rows.count
            progress?(MoveProgress(phase: .planning, done: done, total: pass.trailer.records))
            rows = try await pass.page()
        }
        _ = try await pass.finish()
        return summary(of: file, pass)
    }

    static func summary(of file: BackupFile, _ pass: BackupPass<Record, State>) -> BackupSummary {
        BackupSummary(
            path: file.path,
            createdAt: pass.header.createdAt,
            adapter: pass.header.adapter,
            records: pass.trailer.records,
            stateFields: pass.trailer.stateCount,
            byteCount: file.size,
            checksum: pass.trailer.checksum
        )
    }
}
