internal import Stowage

/// Makes programs: one seed and one name make one program, on every platform.
struct ModelGenerator {
    /// Which operations are most frequent.
    enum Focus: String, Sendable { case records, queries, state, transactions, writes }

    private var generator: SeededGenerator
    private let focus: Focus
    private let capabilities: Capabilities
    private let maximumSteps: Int
    /// The queries so far: one that is asked again, after a write, shows what was kept too long.
    private var asked: [Query<Specimen>] = []

    init(seed: UInt64, _ name: String, focus: Focus, capabilities: Capabilities, maximumSteps: Int = 24) {
        generator = SeededGenerator(seed: seed, name)
        self.focus = focus
        self.capabilities = capabilities
        self.maximumSteps = maximumSteps
    }

    mutating func program() throws -> ModelProgram {
        // A store with something in it first: most operations on an empty one are alike.
        var steps: [ModelStep] = [.createMany(SpecimenMaker.batch(&generator))]
        for _ in 0..<(3 + generator.below(max(1, maximumSteps - 3))) { steps.append(try step(depth: 0)) }
        return ModelProgram(steps: steps)
    }

    /// A program of writes that always succeed or always fail, each whole: what a process that may be killed does.
    mutating func writes(_ count: Int) throws -> ModelProgram {
        ModelProgram(steps: try (0..<count).map { _ in try step(depth: 0) })
    }

    private mutating func step(depth: Int) throws -> ModelStep {
        let hasTransactions = capabilities.contains(.transactions)
        let choice = generator.below(100)
        switch focus {
        case .records:
            if choice < 60 { return write() }
            if choice < 75, hasTransactions { return try guarded() }
            if choice < 96 { return try read() }
            return .reopen
        case .queries:
            if choice < 30 { return write() }
            if choice < 45 { return try massWrite() }
            return try read()
        case .state:
            if choice < 30 { return write() }
            if choice < 45 { return try massWrite() }
            if choice < 65, hasTransactions { return .writeState(SpecimenMaker.state(&generator)) }
            if choice < 85, hasTransactions { return .readState }
            return choice < 94 ? try read() : .reopen
        case .transactions:
            if choice < 35, depth == 0 || (depth < 3 && capabilities.contains(.nestedTransactions)) {
                return try transaction(depth: depth)
            }
            return try any(choice, depth: depth)
        case .writes:
            if choice < 30, depth == 0, hasTransactions { return try transaction(depth: depth) }
            return choice < 80 ? write() : try massWrite()
        }
    }

    private mutating func any(_ choice: Int, depth: Int) throws -> ModelStep {
        // Inside a transaction, what is one operation outside is a nested part.
        let mayGuard = depth == 0 || capabilities.contains(.nestedTransactions)
        if choice < 60 { return write() }
        if choice < 70 { return try massWrite() }
        if choice < 78, mayGuard { return try guarded() }
        if choice < 82, mayGuard { return .writeState(SpecimenMaker.state(&generator)) }
        if choice < 85 { return .readState }
        if choice < 88, depth == 0 { return .reopen }
        return try read()
    }

    private mutating func transaction(depth: Int) throws -> ModelStep {
        // A part that only reads is no nested kind of its own.
        let isReadOnly = focus != .writes && depth == 0 && generator.oneIn(8)
        var steps = try (0..<(1 + generator.below(6))).map { _ in try step(depth: depth + 1) }
        // The same question before and after shows whether a transaction sees its own writes.
        if focus != .writes, generator.oneIn(3) {
            let question = try read()
            steps = [question] + steps + [question]
        }
        return .transaction(steps, commits: !generator.oneIn(focus == .writes ? 10 : 3), isReadOnly: isReadOnly)
    }

    private mutating func write() -> ModelStep {
        switch generator.below(12) {
        case 0, 1: .create(SpecimenMaker.record(&generator))
        case 2: .createIfAbsent(SpecimenMaker.record(&generator))
        case 3, 4: .upsert(SpecimenMaker.record(&generator))
        case 5, 6: .createMany(SpecimenMaker.batch(&generator))
        case 7: .upsertMany(SpecimenMaker.batch(&generator))
        case 8, 9, 10: .update(SpecimenMaker.id(&generator), SpecimenMaker.change(&generator))
        default: .delete(SpecimenMaker.id(&generator))
        }
    }

    private mutating func massWrite() throws -> ModelStep {
        let query = try query(SpecimenMaker.uncut)
        return generator.oneIn(4) ? .deleteAll(query) : .updateAll(query, SpecimenMaker.change(&generator))
    }

    private mutating func guarded() throws -> ModelStep {
        let slot = generator.below(3)
        return switch generator.below(6) {
        case 0, 1, 2: .read(SpecimenMaker.id(&generator), slot: slot)
        case 3: .upsertIf(SpecimenMaker.record(&generator), slot: slot)
        case 4: .deleteIf(SpecimenMaker.id(&generator), slot: slot)
        default: .updateIf(SpecimenMaker.id(&generator), slot: slot, SpecimenMaker.change(&generator))
        }
    }

    private mutating func query(
        _ make: (inout SeededGenerator) throws -> Query<Specimen> = SpecimenMaker.query
    ) throws -> Query<Specimen> {
        switch generator.below(10) {
        case 0, 1: return .all
        case 2, 3, 4: if let known = asked.randomElement(using: &generator) { return known }
        default: break
        }
        let new = try make(&generator)
        if new.limit == nil, new.offset == 0 { asked.append(new) }
        return new
    }

    private mutating func read() throws -> ModelStep {
        switch generator.below(16) {
        case 0: .get(SpecimenMaker.id(&generator))
        case 1: .getMany((0..<generator.below(5)).map { _ in SpecimenMaker.id(&generator) })
        case 2: .exists(SpecimenMaker.id(&generator))
        case 3: .first(try query())
        case 4, 5, 9: .count(try query())
        case 6: .existsAny(try query())
        case 7, 8: .pages(try query(SpecimenMaker.uncut), 1 + generator.below(3))
        case 10: .stream(try query(), generator.below(6))
        default: .fetch(try query())
        }
    }
}
