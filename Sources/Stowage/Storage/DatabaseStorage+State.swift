// The whole store as a value.
extension DatabaseStorage {
    /// Everything, from one snapshot (STA-1).
    ///
    /// - Throws: `corrupt` and its kin when anything cannot be read; never an empty state in its place (STA-2).
    public func readState() async throws -> State {
        let query = try Query<Record>.all.checked(handle.schema)
        return try await handle.together(.readOnly) { handle in
            let schema = handle.schema
            let records = Gathered<Record>()
            try await handle.route.query(query) { records.append(try schema.record(of: $0)) }
            var state = State()
            state[keyPath: State.records] = records.all
            if !State.fields.isEmpty {
                for (name, json) in try await handle.stateFields() { try state.set(name, json: json) }
            }
            return state
        }
    }

    /// Makes this the whole store, atomically or not at all (STA-1). Records that keep their id, and the store, keep
    /// what their schema does not know (REC-9).
    ///
    /// - Throws: as ``create(_:)``; `alreadyExists` when two of the records have one id.
    public func writeState(_ state: State) async throws {
        var rows: [Row] = []
        for record in state[keyPath: State.records] {
            do {
                rows.append(try handle.schema.checkedRow(of: record))
            } catch let error as StorageError {
                throw error.atIndex(rows.count)
            }
        }
        let fields = try state.stateMutations()
        try await handle.together(.readWrite) { [rows] handle in
            try await handle.route.write([.replaceAll(rows)])
            try await handle.route.write(fields, in: .state)
        }
    }
}

extension StorageHandle {
    /// What the store keeps beside its records: the state's own fields and unknown keys of the file, as JSON text.
    package func stateFields() async throws -> [(name: String, json: String)] {
        let found = Gathered<(name: String, json: String)>()
        try await route.query(DriverQuery(order: [SortKey("name")]), in: .state) {
            found.append((try $0.text(0), try $0.json(1)))
        }
        return found.all
    }
}
