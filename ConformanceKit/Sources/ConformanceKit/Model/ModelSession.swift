public import Stowage

/// Runs the steps of a program on one store.
final class ModelSession {
    typealias Storage = RecordStorage<Specimen, SpecimenState>

    let log = ProgramLog()
    private let open: () throws -> StorageDatabase
    private(set) var storage: Storage
    private var revisions: [Int: Revision] = [:]

    init(_ open: @escaping () throws -> StorageDatabase) async throws {
        self.open = open
        storage = try await Specimen.storage(of: open())
    }

    /// Runs a step and gives its answers.
    func run(_ step: ModelStep) async throws -> [String] {
        let start = log.lines.count
        if case .reopen = step {
            try await storage.close()
            storage = try await Specimen.storage(of: open())
        } else {
            await run(step, storage)
        }
        return Array(log.lines[start...])
    }

    /// The whole content.
    func content() async -> [String] {
        let start = log.lines.count
        await log.content(storage)
        return Array(log.lines[start...])
    }

    /// Empties the store, so that the next program finds it as new.
    func clear() async throws {
        try await storage.deleteAll(.all)
        if storage.capabilities.contains(.transactions) { try await storage.writeState(SpecimenState()) }
        revisions = [:]
    }

    func close() async throws { try await storage.close() }

    private func run(_ step: ModelStep, _ storage: Storage) async {
        switch step {
        case .create(let record): await log.note { try await storage.create(record) }
        case .createIfAbsent(let record): await log.note { try await storage.createIfAbsent(record) }
        case .upsert(let record): await log.note { try await storage.upsert(record) }
        case .createMany(let records):
            await log.note {
                try await storage.createMany(records)
                return records.count
            }
        case .upsertMany(let records):
            await log.note {
                try await storage.upsertMany(records)
                return records.count
            }
        case .update(let id, let change): await log.note { try await storage.update(id) { change.apply(&$0) } }
        case .delete(let id): await log.note { try await storage.delete(id) }
        case .updateAll(let query, let change):
            await log.note(namingRecord: false) { try await storage.updateAll(query) { change.apply(&$0) } }
        case .deleteAll(let query): await log.note { try await storage.deleteAll(query) }
        case .writeState(let state):
            await log.note {
                try await storage.writeState(state)
                return state.specimens.count
            }
        case .read(let id, let slot): revisions[slot] = await log.revision { try await storage.getVersioned(id) }
        case .updateIf(let id, let slot, let change):
            let revision = revisions[slot]
            await log.note { try await storage.update(id, ifRevision: revision) { change.apply(&$0) } }
        case .upsertIf(let record, let slot):
            let revision = revisions[slot]
            await log.note { try await storage.upsert(record, ifRevision: revision) }
        case .deleteIf(let id, let slot):
            let revision = revisions[slot]
            await log.note { try await storage.delete(id, ifRevision: revision) }
        case .transaction(let steps, let commits, let isReadOnly):
            await log.note {
                try await storage.transaction(isReadOnly ? .readOnly : .readWrite) { storage -> String in
                    for step in steps { await self.run(step, storage) }
                    if !commits { throw ProgramLog.RolledBack() }
                    return "committed"
                }
            }
        default: await read(step, storage)
        }
    }

    private func read(_ step: ModelStep, _ storage: Storage) async {
        switch step {
        case .get(let id): await log.note { try await storage.get(id) }
        case .getMany(let ids): await log.note { try await storage.get(ids) }
        case .exists(let id): await log.note { try await storage.exists(id) }
        case .fetch(let query): await log.note { try await storage.fetch(query) }
        case .first(let query): await log.note { try await storage.first(query) }
        case .count(let query): await log.note { try await storage.count(query) }
        case .existsAny(let query): await log.note { try await storage.exists(query) }
        case .pages(let query, let size): await log.note { try await storage.allPages(query, of: size) }
        case .stream(let query, let count): await log.note { try await storage.streamed(query, atMost: count) }
        case .readState: await log.note { try await storage.readState() }
        default: break
        }
    }
}

// Reads that take several calls, public because printed programs make them.
extension RecordStorage where Record == Specimen, State == SpecimenState {
    /// Every page of a query.
    public func allPages(_ query: Query<Specimen>, of size: Int) async throws -> [[Specimen]] {
        var page = try await page(query.limit(size))
        var pages = [page.records]
        // A bound: a defect must not go round for ever.
        while let next = page.next, pages.count < 1_000 {
            page = try await self.page(query.limit(size).after(next))
            pages.append(page.records)
        }
        return pages
    }

    /// The first records of a stream, which is left then.
    public func streamed(_ query: Query<Specimen>, atMost count: Int) async throws -> [Specimen] {
        var records: [Specimen] = []
        if count == 0 { return [] }
        for try await record in stream(query) {
            records.append(record)
            if records.count == count { break }
        }
        return records
    }
}
