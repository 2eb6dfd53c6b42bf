internal import Stowage

/// Fields whose values may stand together in one record only.
struct UniqueFields: Sendable {
    var positions: [Int]
    /// The name of the target's index; nil for one that the schema declares.
    var targetIndex: String?

    /// What is wrong with a record that breaks it.
    var reason: String {
        targetIndex.map { "two records hold one value of the target's unique index \(StorageError.quoted($0))" }
            ?? "two records hold one value of a unique field"
    }
}

/// What the target's own rules, which a schema may not know, say about the records of a move.
struct TargetRules: Sendable {
    /// Columns that must be filled, and that nothing fills.
    var unfillable: [String] = []
    /// Fields that may hold nothing, and whose columns may not.
    var required: [Int] = []
    /// Unique indexes over fields that the schema does not declare.
    var unique: [UniqueFields] = []
    /// What changes other tables when a record is removed, in words.
    var removals: [String] = []
    /// Foreign keys of other tables that may refuse to let a record be removed, in words.
    var references: [String] = []
    /// The columns that are the table's own.
    var foreign = ForeignColumns()
    /// Rules that only writing can check, in words.
    var unchecked: [String] = []

    init() {}

    init(_ constraints: [StoredConstraint], on collection: CollectionSchema) {
        let declared = Set(collection.uniqueIndexes.map { Set($0.fields) } + [Set(collection.key)])
        for constraint in constraints {
            let positions = constraint.columns.map { collection.position(of: $0) }
            switch constraint.kind {
            case .required:
                guard let column = constraint.columns.first else { continue }
                if let position = positions[0] {
                    if collection.fields[position].isOptional { required.append(position) }
                } else if !CollectionSchema.isInternal(column) {
                    unfillable.append(column)
                }
            case .unique:
                let known = positions.compactMap(\.self)
                if known.isEmpty || known.count < positions.count {
                    // A column that is no field holds its default or nothing: two records would share it.
                    unchecked.append("the unique index \(StorageError.quoted(constraint.name))")
                } else if !declared.contains(Set(known)) {
                    unique.append(UniqueFields(positions: known, targetIndex: constraint.name))
                }
            case .check: unchecked.append(Self.text("check", constraint))
            case .foreignKey: unchecked.append(Self.text("foreign key", constraint))
            case .trigger: unchecked.append(Self.text("trigger", constraint))
            case .removal: removals.append(constraint.name)
            case .reference: references.append(constraint.name)
            // Named as another rule too.
            case .visibility: break
            case .other: unchecked.append(Self.text("rule", constraint))
            }
        }
    }

    private static func text(_ what: String, _ constraint: StoredConstraint) -> String {
        constraint.name.isEmpty ? "a \(what)" : "the \(what) \(StorageError.quoted(constraint.name))"
    }

    /// The columns that stand in the way of every record.
    func refusals(_ collection: CollectionSchema) -> [MoveRefused.Refusal] {
        unfillable.map { column in
            MoveRefused.Refusal(
                subject: .target,
                field: column,
                place: .init(table: collection.name),
                reason: "the column must hold something, has no default, and no field fills it"
            )
        }
    }

    /// What a plan says of the rules, for records with some unknown members.
    func warnings(_ unknown: [String: Int]) -> [String] {
        unchecked.map { "\($0) of the target cannot be checked before writing" }
            + foreign.names.filter { unknown[$0] != nil }.map {
                "records have a member \(StorageError.quoted($0)), a column of the target that no field names: "
                    + "the move is refused where the column fills itself with something else"
            }
            + removalWarnings
    }

    /// Why a row is refused by a column that must hold something.
    func requiredError(_ row: Row, _ collection: CollectionSchema) -> StorageError? {
        guard let position = required.first(where: { row.values[$0].isNull }) else { return nil }
        return StorageError(.constraint, "the target's column must hold something, and the record holds nothing")
            .inField(collection.fields[position].name).forRecord(collection.key(of: row.values).description)
            .inCollection(collection.name).at(.init(table: collection.name))
    }
}

extension StorageDatabase {
    /// Throws when the engine may hide records of a collection from this user: a part would pass for all.
    func requireAllVisible(_ collection: CollectionSchema) async throws {
        guard let driver = driver as? any ConstrainedDriver else { return }
        let rules = try await driver.constraints(on: collection, context: options.context())
        guard rules.contains(where: { $0.kind == .visibility }) else { return }
        throw StorageError(
            .permission,
            "row-level security may hide records from this user",
            advice: "Connect as the table's owner or as a role with BYPASSRLS"
        ).inCollection(collection.name)
    }
}

extension StorageMigration {
    /// The rules of the target's engine about the collection.
    func rules(of database: StorageDatabase) async throws -> TargetRules {
        guard let driver = database.driver as? any ConstrainedDriver else { return TargetRules() }
        let context = database.options.context()
        var rules = TargetRules(try await driver.constraints(on: collection, context: context), on: collection)
        rules.foreign = try await ForeignColumns(of: collection, in: database)
        return rules
    }

    /// Everything that stands against a move: what one pass over the source found, columns of the target that nothing
    /// fills, and unique values that stand in two records.
    func refusals(_ scan: SourceScan, _ rules: TargetRules, _ reading: Reading) async throws -> [MoveRefused.Refusal] {
        var found = rules.refusals(collection) + scan.refusals
        // What cannot be read cannot be compared.
        if scan.refusals.isEmpty { found += try await brokenUniques(rules, reading) }
        return found
    }

    /// Records of the source that hold a unique value of another, where the source's engine does not keep them apart.
    private func brokenUniques(_ rules: TargetRules, _ reading: Reading) async throws -> [MoveRefused.Refusal] {
        var wanted = rules.unique
        if try await !keepsDeclaredUniques() {
            wanted += collection.uniqueIndexes.map { UniqueFields(positions: $0.fields) }
        }
        if let driver = source.driver as? any ConstrainedDriver {
            let kept = try await driver.constraints(on: collection, context: source.options.context())
                .filter { $0.kind == .unique && !$0.columns.isEmpty }
                .map { Set($0.columns.map { collection.position(of: $0) }) }
            wanted.removeAll { unique in kept.contains { $0.isSubset(of: unique.positions) } }
        }
        var found: [MoveRefused.Refusal] = []
        for unique in wanted { found += try await broken(unique, reading) }
        return found
    }

    /// Whether the source cannot be opened when two records hold one value.
    private func keepsDeclaredUniques() async throws -> Bool {
        source.driver is any RawScanDriver && !(source.driver is any ConstrainedDriver)
    }

    /// Reads the records in the order of the values, so that equal ones meet: the engine sorts, and memory holds a page.
    private func broken(_ unique: UniqueFields, _ reading: Reading) async throws -> [MoveRefused.Refusal] {
        let names = unique.positions.map { collection.fields[$0].name }
        let keys = collection.key.filter { !unique.positions.contains($0) }.map { collection.fields[$0].name }
        let query = DriverQuery(.and(names.map { .isNotNil(field: $0) }), order: (names + keys).map { SortKey($0) })
        let cursor = try await reading.transaction.cursor(query, in: collection)
        let pages = RecordPages(cursor, collection, 2000, reading.limit)
        var found: [MoveRefused.Refusal] = []
        var last: [Value]?
        try await pages.forEach { page in
            for row in page.rows {
                let values = unique.positions.map { row.values[$0] }
                if values == last {
                    let error = StorageError(.corrupt, unique.reason).inField(names.joined(separator: ", "))
                        .forRecord(collection.key(of: row.values).description).at(.init(table: collection.name))
                    found.append(MoveRefused.Refusal(error))
                }
                last = values
            }
        }
        return found
    }
}
