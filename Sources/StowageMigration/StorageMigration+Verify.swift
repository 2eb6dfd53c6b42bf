internal import Stowage

extension StorageMigration {
    /// Compares every field of every record on both sides, typed, and the state. Writes nothing.
    ///
    /// - Throws: ``MoveRefused`` with every record of the source that cannot be read; `notFound` for an absent store.
    public func verify(progress: (@Sendable (MoveProgress) -> Void)? = nil) async throws -> MoveVerdict {
        let reading = try await beginSource()
        do {
            let verdict = try await withExamined {
                try await compare(reading, with: $0, try await allowance(in: $0, for: .verifying), progress)
            }
            await reading.end()
            return verdict
        } catch {
            await reading.end()
            throw await located(error)
        }
    }

    /// Compares a snapshot of the source with one of another store.
    ///
    /// - Parameter allowance: What is no difference after a merge.
    func compare(
        _ reading: Reading,
        with database: StorageDatabase,
        _ allowance: MergeAllowance,
        _ progress: (@Sendable (MoveProgress) -> Void)?
    ) async throws -> MoveVerdict {
        let other = try await Reading.begin(database)
        do {
            let limit = options.differenceLimit
            let foreign = try await ForeignColumns(of: collection, in: database)
            var verdict = try await join(reading, other, collection, limit: limit, foreign, allowance, progress)
            try await compareState(reading, other, &verdict, isListed: !allowance.ownState)
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
        _ foreign: ForeignColumns,
        _ allowance: MergeAllowance = .none,
        _ progress: (@Sendable (MoveProgress) -> Void)? = nil
    ) async throws -> MoveVerdict {
        let join = RecordJoin(
            collection: collection,
            source: try await reading.pages(of: collection),
            target: try await other.pages(of: place)
        )
        var verdict = MoveVerdict()
        // A record is there that cannot be read: it is named by that alone.
        var unreadable = Set<ByteText>()
        try await join.forEach { step in
            switch step {
            case .both(let source, let whole):
                verdict.read += 1
                let target =
                    foreign.isEmpty || source.isIdentical(to: whole)
                    ? whole : foreign.leavingOut(of: whole, besides: source)
                if allowance.otherRecords || source.isIdentical(to: target) {
                    verdict.verified += 1
                } else if allowance.keptMembers, isMerged(source, target) {
                    verdict.verified += 1
                    verdict.kept += 1
                } else {
                    for difference in differences(source, target) { verdict.add(difference, limit: limit) }
                }
            case .onlyInSource(let row):
                verdict.read += 1
                let id = id(row)
                if unreadable.contains(ByteText(id)) { break }
                verdict.add(.init(id: id, kind: "the target has no such record"), limit: limit)
            case .onlyInTarget where allowance.moreRecords: break
            case .onlyInTarget(let row):
                verdict.add(.init(id: id(row), kind: "the source has no such record"), limit: limit)
            case .unreadable(let error):
                if let id = error.recordID { unreadable.insert(ByteText(id)) }
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

    /// - Parameter isListed: Whether states that differ are differences; a merge leaves the target's own in place.
    private func compareState(
        _ source: Reading,
        _ target: Reading,
        _ verdict: inout MoveVerdict,
        isListed: Bool
    ) async throws {
        var damages: [StorageError] = []
        let mine = try await checkedState(source, &damages)
        if !damages.isEmpty { throw refusal(damages.map(MoveRefused.Refusal.init)) }
        var (theirs, unreadable) = try await target.stateMembers(State.self)
        var found = unreadable.map {
            RecordDifference(field: $0.field, kind: "the target's part of the state cannot be read: \($0.message)")
        }
        for member in mine {
            guard let index = theirs.firstIndex(where: { TextOrder.equal($0.name, member.name) }) else {
                if unreadable.contains(where: { $0.field == member.name }) { continue }
                found.append(RecordDifference(field: member.name, kind: "the target lacks this part of the state"))
                continue
            }
            let (left, right) = (try CanonicalText.of(member.json), try CanonicalText.of(theirs.remove(at: index).json))
            if !left.utf8.elementsEqual(right.utf8), let kind = ValueDifference.nested(left, right, []) {
                found.append(RecordDifference(field: member.name, kind: kind))
            }
        }
        found += theirs.map { RecordDifference(field: $0.name, kind: "the source lacks this part of the state") }
        verdict.state = found.isEmpty ? (mine.isEmpty ? .none : .same) : .different
        if isListed { for difference in found { verdict.add(difference, limit: options.differenceLimit) } }
    }
}
