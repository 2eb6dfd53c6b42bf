internal import Stowage

/// Makes a failing program short: drops steps, first in large pieces (delta debugging, Zeller and Hildebrandt 2002), then
/// makes what is left simpler, as long as it still fails.
struct ModelShrinker {
    /// A run of a program on a new store.
    let fails: (ModelProgram) async throws -> ModelDifference?
    /// How many runs are left.
    private(set) var budget: Int

    init(budget: Int = 500, _ fails: @escaping (ModelProgram) async throws -> ModelDifference?) {
        self.budget = budget
        self.fails = fails
    }

    /// The smallest failing program that was found, and how it fails.
    mutating func shrink(
        _ program: ModelProgram,
        _ difference: ModelDifference
    ) async throws -> (ModelProgram, ModelDifference) {
        var best = (program, difference)
        // What comes after the first difference has no part in it.
        let cut = ModelProgram(steps: Array(program.steps.prefix(difference.step + 1)))
        if let still = try await run(cut) { best = (cut, still) }
        var isSmaller = true
        while isSmaller, budget > 0 {
            isSmaller = try await dropPieces(&best)
            if try await simplify(&best) { isSmaller = true }
        }
        return best
    }

    private mutating func run(_ program: ModelProgram) async throws -> ModelDifference? {
        guard budget > 0 else { return nil }
        budget -= 1
        return try await fails(program)
    }

    private mutating func dropPieces(_ best: inout (ModelProgram, ModelDifference)) async throws -> Bool {
        var isSmaller = false
        var size = best.0.steps.count / 2
        while size > 0, budget > 0 {
            var start = 0
            while start < best.0.steps.count {
                var candidate = best.0
                candidate.steps.removeSubrange(start..<min(start + size, candidate.steps.count))
                if let still = try await run(candidate) {
                    best = (candidate, still)
                    isSmaller = true
                } else {
                    start += size
                }
            }
            size /= 2
        }
        return isSmaller
    }

    private mutating func simplify(_ best: inout (ModelProgram, ModelDifference)) async throws -> Bool {
        var isSimpler = false
        var index = 0
        while index < best.0.steps.count, budget > 0 {
            var found = false
            for replacement in best.0.steps[index].simpler {
                var candidate = best.0
                candidate.steps.replaceSubrange(index...index, with: replacement)
                if let still = try await run(candidate) {
                    best = (candidate, still)
                    (found, isSimpler) = (true, true)
                    break
                }
            }
            if !found { index += 1 }
        }
        return isSimpler
    }
}

extension ModelStep {
    /// Steps that could stand in this one's place, the simplest first; each is smaller by some measure.
    var simpler: [[ModelStep]] {
        switch self {
        case .create(let record): record.simpler.map { [.create($0)] }
        case .createIfAbsent(let record): [[.create(record)]] + record.simpler.map { [.createIfAbsent($0)] }
        case .upsert(let record): [[.create(record)]] + record.simpler.map { [.upsert($0)] }
        case .createMany(let records):
            (records.count == 1 ? [[.create(records[0])]] : []) + records.simpler.map { [.createMany($0)] }
        case .upsertMany(let records):
            (records.count == 1 ? [[.upsert(records[0])]] : []) + records.simpler.map { [.upsertMany($0)] }
        case .update(let id, let change): change.simpler.map { [.update(id, $0)] }
        case .updateAll(let query, let change):
            query.simpler.map { [.updateAll($0, change)] } + change.simpler.map { [.updateAll(query, $0)] }
        case .deleteAll(let query): query.simpler.map { [.deleteAll($0)] }
        case .getMany(let ids):
            (ids.count == 1 ? [[.get(ids[0])]] : [])
                + ids.indices.map { index in
                    var fewer = ids
                    fewer.remove(at: index)
                    return [.getMany(fewer)]
                }
        case .fetch(let query): query.simpler.map { [.fetch($0)] }
        case .first(let query): [[.fetch(query)]] + query.simpler.map { [.first($0)] }
        case .count(let query): [[.fetch(query)]] + query.simpler.map { [.count($0)] }
        case .existsAny(let query): [[.fetch(query)]] + query.simpler.map { [.existsAny($0)] }
        case .pages(let query, let size): [[.fetch(query)]] + query.simpler.map { [.pages($0, size)] }
        case .stream(let query, let count): [[.fetch(query)]] + query.simpler.map { [.stream($0, count)] }
        case .writeState(let state):
            state.specimens.simpler.map {
                [.writeState(SpecimenState(specimens: $0, baseDir: state.baseDir, generation: state.generation))]
            }
                + (state.baseDir == nil && state.generation == nil
                    ? [] : [[.writeState(.init(specimens: state.specimens))]])
        case .updateIf(let id, let slot, let change):
            [[.update(id, change)]] + change.simpler.map { [.updateIf(id, slot: slot, $0)] }
        case .upsertIf(let record, let slot):
            [[.upsert(record)]] + record.simpler.map { [.upsertIf($0, slot: slot)] }
        case .deleteIf(let id, _): [[.delete(id)]]
        case .read(let id, _): [[.get(id)]]
        case .transaction(let steps, let commits, let isReadOnly):
            [steps]
                + steps.indices.flatMap { index in
                    ([[]] + steps[index].simpler).map { replacement -> [ModelStep] in
                        var inner = steps
                        inner.replaceSubrange(index...index, with: replacement)
                        return [.transaction(inner, commits: commits, isReadOnly: isReadOnly)]
                    }
                }
        case .delete, .get, .exists, .readState, .reopen: []
        }
    }
}

extension Specimen {
    /// The record with fewer properties set: none, one half, all but one.
    fileprivate var simpler: [Specimen] {
        let set = SpecimenProperty.all.filter { $0.isSet(self) }
        if set.isEmpty { return [] }
        func without(_ properties: some Sequence<SpecimenProperty>) -> Specimen {
            var copy = self
            for property in properties { property.copy(Specimen(id: ""), &copy) }
            return copy
        }
        var candidates = [without(set)]
        if set.count > 2 {
            candidates += [without(set.prefix(set.count / 2)), without(set.dropFirst(set.count / 2))]
        }
        return set.count > 1 ? candidates + set.map { without([$0]) } : candidates
    }
}

extension [Specimen] {
    fileprivate var simpler: [[Specimen]] {
        let fewer = indices.map { index -> [Specimen] in
            var copy = self
            copy.remove(at: index)
            return copy
        }
        let simplerOnes = indices.flatMap { index in
            self[index].simpler.map { record -> [Specimen] in
                var copy = self
                copy[index] = record
                return copy
            }
        }
        return fewer + simplerOnes
    }
}

extension SpecimenChange {
    fileprivate var simpler: [SpecimenChange] {
        let fewer =
            properties.count < 2
            ? []
            : properties.indices.map { index -> SpecimenChange in
                var copy = self
                copy.properties.remove(at: index)
                return copy
            }
        let named = properties.compactMap(SpecimenProperty.named)
        let cleared = named.filter { $0.isSet(values) }.map { property -> SpecimenChange in
            var copy = self
            property.copy(Specimen(id: ""), &copy.values)
            return copy
        }
        // Values that no property takes are clutter.
        var bare = SpecimenChange(values: Specimen(id: ""), properties: properties)
        for property in named { property.copy(values, &bare.values) }
        return fewer + cleared + (bare == self ? [] : [bare])
    }
}

extension Query<Specimen> {
    fileprivate var simpler: [Query<Specimen>] {
        var parts: [(QueryPredicate, [SortKey], Int?, Int)] = []
        if predicate != .all { parts.append((.all, order, limit, offset)) }
        if limit != nil { parts.append((predicate, order, nil, offset)) }
        if offset != 0 { parts.append((predicate, order, limit, 0)) }
        for index in order.indices {
            var fewer = order
            fewer.remove(at: index)
            parts.append((predicate, fewer, limit, offset))
            if order[index].nils != nil {
                var plain = order
                plain[index].nils = nil
                parts.append((predicate, plain, limit, offset))
            }
        }
        parts += predicate.simpler.map { ($0, order, limit, offset) }
        return parts.compactMap { try? Query($0.0, order: $0.1, limit: $0.2, offset: $0.3) }
    }
}

extension QueryPredicate {
    fileprivate var simpler: [QueryPredicate] {
        switch self {
        case .and(let parts): parts + Self.simpler(parts).map { .and($0) }
        case .or(let parts): parts + Self.simpler(parts).map { .or($0) }
        case .not(let part): [part] + part.simpler.map { .not($0) }
        case .member(let field, let isIn, let values):
            values.indices.map { index in
                var fewer = values
                fewer.remove(at: index)
                return .member(field: field, isIn: isIn, fewer)
            }
        case .text(let field, let match, let needle, let ignoringCase):
            (needle.isEmpty ? [] : [.text(field: field, match, needle: "", ignoringASCIICase: ignoringCase)])
                + (ignoringCase ? [.text(field: field, match, needle: needle, ignoringASCIICase: false)] : [])
        default: []
        }
    }

    /// The list with one part fewer, or one part simpler.
    private static func simpler(_ parts: [QueryPredicate]) -> [[QueryPredicate]] {
        parts.indices.flatMap { index in
            ([[]] + parts[index].simpler.map { [$0] }).map { replacement -> [QueryPredicate] in
                var copy = parts
                copy.replaceSubrange(index...index, with: replacement)
                return copy
            }
        }
    }
}
