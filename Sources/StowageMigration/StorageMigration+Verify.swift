internal import Stowage

extension StorageMigration {
    /// Compares every field of every record on both sides, typed, and the state. Writes nothing.
    ///
    /// - Throws: ``MoveRefused`` with every record of the source that cannot be read; `notFound` for an absent store.
    public func verify(progress: (@Sendable (MoveProgress) -> Void)? = nil) async throws -> MoveVerdict {
        let reading = try await beginSource()
        do {
            let verdict = try await withExamined { try await compare(reading, with: $0, progress) }
            await reading.end()
            return verdict
        } catch {
            await reading.end()
            throw await located(error)
        }
    }

    /// Compares a snapshot of the source with one of another store.
    ///
    /// - Parameter merge: The rule of a finished merge that is verified: the target has more than came from the source,
    ///   and with `skip` its own records stayed.
    func compare(
        _ reading: Reading,
        with database: StorageDatabase,
        after merge: ImportConflict? = nil,
        _ progress: (@Sendable (MoveProgress) -> Void)?
    ) async throws -> MoveVerdict {
        let other = try await Reading.begin(database)
        do {
            let limit = options.differenceLimit
            var verdict = try await join(reading, other, collection, limit: limit, after: merge, progress)
            if merge == nil { try await compareState(reading, other, &verdict) }
            if try await !readsExactly() {
                // Rounded alike, both sides look the same.
                for error in try await rawDamages() {
                    verdict.add(.init(id: error.recordID, field: error.field, kind: error.message), limit: limit)
                }
            }
            await other.end()
            return verdict
        } catch {
            await other.end()
            throw error
        }
    }

    func join(
        _ reading: Reading,
        _ other: Reading,
        _ place: CollectionSchema,
        limit: Int,
        after merge: ImportConflict? = nil,
        _ progress: (@Sendable (MoveProgress) -> Void)? = nil
    ) async throws -> MoveVerdict {
        let join = RecordJoin(
            collection: collection,
            source: try await reading.pages(of: collection),
            target: try await other.pages(of: place)
        )
        var verdict = MoveVerdict()
        try await join.forEach { step in
            switch step {
            case .both(let source, let target):
                verdict.read += 1
                if merge == .skip || source.isIdentical(to: target) || merge == .replace && isMerged(source, target) {
                    verdict.verified += 1
                } else {
                    for difference in differences(source, target) { verdict.add(difference, limit: limit) }
                }
            case .onlyInSource(let row):
                verdict.read += 1
                verdict.add(.init(id: id(row), kind: "the target has no such record"), limit: limit)
            case .onlyInTarget where merge != nil: break
            case .onlyInTarget(let row):
                verdict.add(.init(id: id(row), kind: "the source has no such record"), limit: limit)
            case .unreadable(let error):
                let kind = "the target's record cannot be read: \(error.message)"
                verdict.add(.init(id: error.recordID ?? "", field: error.field, kind: kind), limit: limit)
            }
            if verdict.read % 2000 == 0 { progress?(MoveProgress(phase: .verifying, done: verdict.read)) }
        }
        return verdict
    }

    /// Whether a record is what a merge makes of another one: it keeps what only the target knew of it (REC-9).
    private func isMerged(_ source: Row, _ target: Row) -> Bool {
        guard var expected = try? source.over(target, collection) else { return false }
        try? CanonicalText.apply(to: &expected, nested: nestedFields, collection)
        return expected.isIdentical(to: target)
    }

    private func id(_ row: Row) -> String { collection.key(of: row.values).description }

    /// What differs between two records of one key, field by field.
    func differences(_ source: Row, _ target: Row) -> [RecordDifference] {
        let id = id(source)
        var found: [RecordDifference] = []
        for (position, field) in collection.fields.enumerated() {
            if let kind = ValueDifference.kind(field, source.values[position], target.values[position]) {
                found.append(RecordDifference(id: id, field: field.name, kind: kind))
            }
        }
        let (left, right) = (source.unknown ?? "{}", target.unknown ?? "{}")
        if !left.utf8.elementsEqual(right.utf8) { found += unknownDifferences(id, left, right) }
        return found
    }

    private func unknownDifferences(_ id: String, _ source: String, _ target: String) -> [RecordDifference] {
        guard case .object(let left)? = try? JSON(parsing: source),
            case .object(let right)? = try? JSON(parsing: target)
        else { return [RecordDifference(id: id, kind: "the unknown keys are no JSON object")] }
        var found: [RecordDifference] = []
        for member in left.members {
            let kind: String?
            if let other = right[member.key] {
                let (mine, theirs) = (String(decoding: member.value.compact, as: UTF8.self), other.compact)
                kind =
                    mine.utf8.elementsEqual(theirs)
                    ? nil : ValueDifference.nested(mine, String(decoding: theirs, as: UTF8.self), [])
            } else {
                kind = "the target lacks this unknown key"
            }
            if let kind { found.append(RecordDifference(id: id, field: member.key, kind: kind)) }
        }
        for member in right.members where left[member.key] == nil {
            found.append(RecordDifference(id: id, field: member.key, kind: "the source lacks this unknown key"))
        }
        if found.isEmpty { found.append(RecordDifference(id: id, kind: "the unknown keys are in another order")) }
        return found
    }

    private func compareState(_ source: Reading, _ target: Reading, _ verdict: inout MoveVerdict) async throws {
        let mine = try await source.state(State.self)
        var theirs = try await target.state(State.self)
        for member in mine {
            guard let index = theirs.firstIndex(where: { TextOrder.equal($0.name, member.name) }) else {
                let difference = RecordDifference(field: member.name, kind: "the target lacks this part of the state")
                verdict.add(difference, limit: options.differenceLimit)
                continue
            }
            let (left, right) = (try CanonicalText.of(member.json), try CanonicalText.of(theirs.remove(at: index).json))
            if !left.utf8.elementsEqual(right.utf8), let kind = ValueDifference.nested(left, right, []) {
                verdict.add(RecordDifference(field: member.name, kind: kind), limit: options.differenceLimit)
            }
        }
        for member in theirs {
            let difference = RecordDifference(field: member.name, kind: "the source lacks this part of the state")
            verdict.add(difference, limit: options.differenceLimit)
        }
    }
}
