import ConformanceKit
import FoundationEssentials
import Stowage

/// What is wrong with a worker's adapter.
enum WorkerDefect: String {
    /// Nothing.
    case none
    /// A write is acknowledged before it is on the disk.
    case acknowledgesEarly
    /// The records of a batch are written one by one.
    case writesOneByOne
    /// Each opening leaves a file beside the store.
    case leavesFiles
    /// A full disk is reported as damage.
    case misnamesFullDisk
    /// Opening replaces a store that another process has made.
    case startsAnew
}

/// A harness whose drivers have a defect.
struct DefectiveHarness: ConformanceHarness {
    let base: FactoryHarness
    let defect: WorkerDefect
    var adapter: String { base.adapter }

    func open(at location: HarnessLocation, access: StorageAccess, options: StorageOptions) throws -> StorageDatabase {
        let database = try base.open(at: location, access: access, options: options)
        let driver = DefectiveDriver(
            base: database.driver,
            path: base.storedFile(at: location) ?? "",
            defect: defect,
            queue: WriteQueue()
        )
        return StorageDatabase(driver: driver, access: access, options: options)
    }

    func destroy(_ location: HarnessLocation) async throws { try await base.destroy(location) }
}

/// Writes that are done a little later.
actor WriteQueue {
    private var last: Task<Void, any Error>?

    func add(_ work: @escaping @Sendable () async throws -> Void) {
        let before = last
        last = Task {
            try await before?.value
            try await Task.sleep(for: .milliseconds(30))
            try await work()
        }
    }
}

struct DefectiveDriver: StorageDriver {
    let base: any StorageDriver
    let path: String
    let defect: WorkerDefect
    let queue: WriteQueue

    var location: StorageLocation { base.location }
    var capabilities: Capabilities { base.capabilities }

    func open(_ collections: [CollectionSchema], access: StorageAccess, context: OperationContext) async throws {
        switch defect {
        case .leavesFiles:
            try Data().write(to: URL(filePath: path + ".\(UInt64.random(in: 0 ... .max)).tmp"))
        case .startsAnew: try? FileManager.default.removeItem(atPath: path)
        default: break
        }
        try await base.open(collections, access: access, context: context)
    }

    func close() async throws { try await base.close() }

    func begin(_ mode: TransactionMode, context: OperationContext) async throws -> any DriverTransaction {
        try await base.begin(mode, context: context)
    }

    func write(_ batch: WriteBatch, context: OperationContext) async throws -> [MutationOutcome] {
        switch defect {
        case .acknowledgesEarly:
            await queue.add { [base] in _ = try await base.write(batch, context: context) }
            return batch.mutations.map { _ in MutationOutcome(affected: 1, inserted: true) }
        case .writesOneByOne:
            var outcomes: [MutationOutcome] = []
            for mutation in batch.mutations {
                var one = batch
                one.mutations = [mutation]
                outcomes += try await base.write(one, context: context)
            }
            return outcomes
        case .misnamesFullDisk:
            do {
                return try await base.write(batch, context: context)
            } catch let error as StorageError where error.code == .storageFull {
                throw StorageError(.corrupt, "the file is damaged")
            }
        default: return try await base.write(batch, context: context)
        }
    }
}
