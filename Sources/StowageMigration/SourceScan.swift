internal import Stowage

/// What one pass over a source finds: its size, its checksum, and everything that cannot go.
struct SourceScan: Sendable {
    var count = 0
    var byteCount = 0
    /// The checksum of the records and the state.
    var digest = ""
    var state: [StateMember] = []
    var unknown: [String: Int] = [:]
    var refusals: [MoveRefused.Refusal] = []

    init() {}
    init(refused: [MoveRefused.Refusal]) { refusals = refused }

    /// The checksum of the whole content.
    static func digest(records: String, state: [StateMember]) -> String {
        var whole = ContentDigest()
        whole.add(records)
        for member in state {
            whole.add(member.name)
            whole.add(member.json)
        }
        return whole.finish()
    }
}

extension StorageMigration {
    /// Reads every record of a snapshot, and checks that each is one to its type and to the target.
    ///
    /// - Parameters:
    ///   - isSource: Whether the snapshot is the source's, which can also be read raw.
    ///   - foreign: Columns that are left out, of a table whose own they are.
    func scan(
        _ reading: Reading,
        for rules: TargetRules = TargetRules(),
        isSource: Bool = true,
        without foreign: ForeignColumns = ForeignColumns(),
        _ progress: (@Sendable (MoveProgress) -> Void)?
    ) async throws -> SourceScan {
        var result = SourceScan()
        var digest = ContentDigest()
        var damages: [StorageError] = []
        let check = StoredRecordCheck(schema)
        let largest = target.driver.capabilities.maximumRecordBytes
        let pages = try await reading.pages(of: collection)
        try await pages.forEach { page in
            damages += page.damages
            for row in page.rows {
                let row = foreign.isEmpty ? row : foreign.leavingOut(of: row, besides: nil)
                damages += check.faults(row).map { $0.at($0.place ?? .init(table: collection.name)) }
                if !rules.required.isEmpty, let error = rules.requiredError(row, collection) { damages.append(error) }
                let size = digest.add(row)
                if let largest, size > largest {
                    let error = StorageError(.invalidValue, "the record has \(size) bytes; the target keeps \(largest)")
                    damages.append(
                        error.forRecord(collection.key(of: row.values).description).at(.init(table: collection.name))
                    )
                }
                if let unknown = row.unknown, case .object(let object)? = try? JSON(parsing: unknown) {
                    for member in object.members { result.unknown[member.key, default: 0] += 1 }
                }
            }
            result.count += page.rows.count + page.damaged
            progress?(MoveProgress(phase: .planning, done: result.count))
        }
        let isExact = isSource ? try await readsExactly() : true
        if !damages.isEmpty || !isExact {
            // The raw scan knows the places; what it does not find, a record too large, keeps its own error.
            let located: [StorageError]
            if isExact {
                located = isSource ? (try? await rawDamages()) ?? [] : []
            } else {
                located = try await rawDamages()
            }
            func named(_ error: StorageError) -> ByteText? {
                error.recordID.map { ByteText("\($0)\0\(error.field ?? "")") }
            }
            let known = Set(located.compactMap(named))
            if !located.isEmpty {
                damages = located + damages.filter { named($0).map { !known.contains($0) } ?? false }
            }
        }
        result.byteCount = digest.byteCount
        result.state = try await checkedState(reading, &damages)
        result.refusals = damages.map(MoveRefused.Refusal.init)
        result.digest = SourceScan.digest(records: digest.finish(), state: result.state)
        return result
    }

    /// The state of a snapshot, in canonical form, and everything in it that cannot go.
    func checkedState(_ reading: Reading, _ damages: inout [StorageError]) async throws -> [StateMember] {
        var members: [StateMember] = []
        let (stored, unreadable) = try await reading.stateMembers(State.self)
        damages += unreadable
        for member in stored {
            do {
                if CollectionSchema.isInternal(member.name) || collection.isNamed(member.name) {
                    throw StorageError(
                        .invalidValue,
                        "the name belongs to the store itself, and is no field of its state"
                    )
                    .inField(member.name).inCollection(CollectionSchema.state.name)
                }
                try StoredRecordCheck<Record>.checkState(State.self, name: member.name, json: member.json)
                members.append(StateMember(name: member.name, json: try CanonicalText.of(member.json)))
            } catch let error as StorageError {
                // A byte counts from the beginning of the value, not of a file.
                let isTable = source.driver is any ConstrainedDriver
                damages.append(error.at(isTable ? .init(table: CollectionSchema.state.name) : nil))
            }
        }
        return members
    }

    /// Whether the source's cursor hands over every digit that is stored.
    func readsExactly() async throws -> Bool {
        guard let driver = source.driver as? any RawScanDriver else { return true }
        return try await driver.readsExactly(collection, context: source.options.context())
    }

    /// Everything that is wrong with the source's state, where it stands in a file.
    func rawStateDamages() async throws -> [StorageError] {
        guard let driver = source.driver as? any RawScanDriver, !(source.driver is any ConstrainedDriver) else {
            return []
        }
        let found = Found<StorageError>()
        var context = source.options.context()
        context.deadline = .distant
        try await driver.rawScan(.state, context: context) { record in
            switch record {
            case .damaged(let error): found.append(error)
            case .row(let row, let place):
                guard case .text(let name) = row.values[0], case .json(let json) = row.values[1] else { return }
                do { try StoredRecordCheck<Record>.checkState(State.self, name: name, json: json) } catch let error
                    as StorageError
                { found.append(error.at(place)) }
            }
        }
        return found.all
    }

    /// Everything that is wrong with the source's records, with its places, when its driver can tell.
    func rawDamages() async throws -> [StorageError] {
        guard let driver = source.driver as? any RawScanDriver else { return [] }
        let found = Found<StorageError>()
        let check = StoredRecordCheck(schema)
        var context = source.options.context()
        context.deadline = .distant
        try await driver.rawScan(collection, context: context) { record in
            switch record {
            case .damaged(let error): found.append(error)
            case .row(let row, let place):
                for error in check.faults(row) {
                    found.append(error.at(error.place?.byteOffset == nil ? place : error.place))
                }
            }
        }
        return found.all
    }
}
