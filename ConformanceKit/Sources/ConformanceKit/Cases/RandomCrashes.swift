internal import Stowage

// DUR-1, DUR-2: processes that are killed at any point of generated programs.
extension ConformanceCases {
    static let randomCrashes: [ConformanceCase] = [
        ConformanceCase(
            "dur.crash.random-points",
            ["DUR-2", "DUR-1", "REC-6"],
            level: .stochastic,
            capability: .durability,
            needs: .workers
        ) { check in
            let capabilities = try check.database().driver.capabilities
            var generator = check.generator()
            // What the store may hold: after a kill, what was acknowledged, or one write more.
            var possible = [SpecimenState()]
            var round = 0
            repeat {
                try Task.checkCancellation()
                let task = HistoryWorker.Task(client: round, seed: check.seed >> 1, count: 400, clients: 1)
                let acknowledged = try await killedAtRandom(check, task, &generator)
                let program = try HistoryWorker.program(task, capabilities)
                possible = try await expectPrefix(check, possible, program, acknowledged, round, capabilities)
                round += 1
            } while (round < 6 || check.mayGoDeeper) && check.failures.isEmpty
        }
    ]

    /// Runs a worker, and kills it when it has done so many writes and a moment more; both by chance.
    private static func killedAtRandom(
        _ check: CaseContext,
        _ task: HistoryWorker.Task,
        _ generator: inout SeededGenerator
    ) async throws -> Int {
        let worker = try check.worker(.program, task.name)
        let target = generator.pick([0, 1, 3, 10, 25])
        let moment = generator.below(20_000)
        let end = ContinuousClock.now.advanced(by: .seconds(30))
        while worker.lines.count < target, ContinuousClock.now < end { try? await Task.sleep(for: .milliseconds(1)) }
        try? await Task.sleep(for: .microseconds(moment))
        worker.kill()
        let lines = worker.lines
        worker.removeOutput()
        check.expect(lines.count >= target, "the process acknowledged writes before its end")
        return lines.count
    }

    /// Opens the store after a worker's end: it holds what the program makes of what was there, up to the last
    /// acknowledged write or one further, each whole.
    ///
    /// - Returns: What the store may hold from now on.
    private static func expectPrefix(
        _ check: CaseContext,
        _ possible: [SpecimenState],
        _ program: ModelProgram,
        _ acknowledged: Int,
        _ round: Int,
        _ capabilities: Capabilities
    ) async throws -> [SpecimenState] {
        let store = try await ModelSession { try check.reopen() }
        _ = try await store.storage.health()
        let found = await store.content()
        try await store.close()
        for start in possible {
            let model = try await ModelDifference.modelSession()
            if capabilities.contains(.transactions) {
                try await model.storage.writeState(start)
            } else {
                try await model.storage.createMany(start.specimens)
            }
            for step in program.steps.prefix(acknowledged) { _ = try await model.run(step) }
            let all = await model.content()
            let here = try await model.storage.readState()
            guard program.steps.indices.contains(acknowledged) else {
                if same(all, found) { return [here] }
                continue
            }
            _ = try await model.run(program.steps[acknowledged])
            let oneMore = await model.content()
            let next = try await model.storage.readState()
            // A server may still be busy with what a dead client sent last.
            if same(all, found) { return check.isOnServer ? [here, next] : [here] }
            if same(oneMore, found) { return [next] }
        }
        check.fail(
            "after kill \(round), the store holds what \(acknowledged) acknowledged writes made, or one write more",
            "it holds \(CaseContext.shown(found.first ?? "nothing"))"
        )
        return possible
    }

    private static func same(_ left: [String], _ right: [String]) -> Bool {
        left.count == right.count && zip(left, right).allSatisfy { TextOrder.equal($0, $1) }
    }
}
