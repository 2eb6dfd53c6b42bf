/// What an import does with a record whose id the store has already.
public enum ImportConflict: String, Sendable, Hashable, CaseIterable {
    /// Nothing is imported, and every such record is named.
    case fail
    /// The store's record stays.
    case skip
    /// The file's record takes its place; what the schema does not know of the store's record stays (REC-9).
    case replace
}

/// What an import did.
public struct ImportCounts: Sendable, Hashable {
    /// Records that are new.
    public var imported = 0
    /// Records that stayed as the store had them.
    public var skipped = 0
    /// Records that took the place of the store's.
    public var replaced = 0

    /// Makes counts.
    public init(imported: Int = 0, skipped: Int = 0, replaced: Int = 0) {
        self.imported = imported
        self.skipped = skipped
        self.replaced = replaced
    }
}

extension StoreImport {
    /// Puts everything into a store, in one transaction.
    ///
    /// A store without state fields takes those of the file, and its foreign top-level members; else the store's stay.
    ///
    /// - Parameters:
    ///   - storage: An initialized storage.
    ///   - onConflict: What to do with records whose id the store has already.
    /// - Returns: What was done.
    /// - Throws: ``ImportRefused`` with code `alreadyExists` and every such record; `constraint` for a unique value
    ///   that is taken, naming the record; nothing is changed then.
    public func run(
        into storage: some DatabaseStorage<Record, State>,
        onConflict: ImportConflict = .fail
    ) async throws -> ImportCounts {
        let outcomes = try await storage.handle.together(.readWrite) { handle in
            if onConflict == .fail { try await refuseExisting(handle) }
            let outcomes = try await handle.route.write(
                records.map { item in
                    switch onConflict {
                    case .fail: .insert(item.row)
                    case .skip: .insertIfAbsent(item.row)
                    case .replace: .upsert(item.row)
                    }
                }
            )
            if try await handle.stateFields().isEmpty {
                try await handle.route.write(
                    members.map { .insert(Row(values: [.text($0.name), .json($0.json)])) },
                    in: .state
                )
            }
            return outcomes
        }
        let inserted = outcomes.count(where: \.inserted)
        let others = outcomes.count - inserted
        return switch onConflict {
        case .fail: ImportCounts(imported: outcomes.count)
        case .skip: ImportCounts(imported: inserted, skipped: others)
        case .replace: ImportCounts(imported: inserted, replaced: others)
        }
    }

    /// Throws with all records that the store has, so that a person sees the whole of it at once.
    private func refuseExisting(_ handle: StorageHandle<Record, State>) async throws {
        let existing = Gathered<Key>()
        let schema = handle.schema
        for start in stride(from: 0, to: records.count, by: 1000) {
            let keys = records[start..<min(start + 1000, records.count)].map(\.key)
            try await handle.route.get(keys) { existing.append(try schema.key(of: $0)) }
        }
        let found = Set(existing.all)
        guard !found.isEmpty else { return }
        throw ImportRefused(
            code: .alreadyExists,
            source: source,
            advice: "Import with the conflict rule skip or replace, or into an empty store",
            refusals: records.enumerated().compactMap { index, item in
                guard found.contains(item.key) else { return nil }
                return ImportRefused.Refusal(
                    index: index,
                    id: item.key.description,
                    line: lines.line(ofByte: item.byteOffset),
                    byteOffset: item.byteOffset,
                    field: nil,
                    reason: "the store has a record with this id"
                )
            }
        )
    }
}
