internal import Stowage

/// Runs cases against an adapter.
///
/// ```swift
/// let report = await ConformanceRunner.run(ShelfHarness())
/// print(report)
/// ```
public enum ConformanceRunner {
    /// How long a case may take before it counts as hung: far beyond any honest run.
    static let caseLimit = Duration.seconds(120)

    /// Runs the cases that a filter picks.
    ///
    /// - Parameters:
    ///   - harness: The adapter's harness.
    ///   - filter: Which cases. One that picks none makes the report fail.
    ///   - cases: The cases to pick from.
    ///   - seed: Decides every random choice; drawn when not given, and shown in the report.
    ///   - deep: For about how long the cases of generated programs, histories and crashes go on together, beyond their
    ///     default size; nil for the default size.
    ///   - parallelism: How many cases run at a time.
    ///   - progress: Called with each result as it comes, and with how many there are and will be.
    public static func run(
        _ harness: any ConformanceHarness,
        only filter: ConformanceFilter = .all,
        cases: [ConformanceCase] = ConformanceCases.all,
        seed: UInt64 = .random(in: 0...UInt64.max),
        deep: Duration? = nil,
        parallelism: Int = 2,
        progress: (@Sendable (CaseResult, _ done: Int, _ all: Int) -> Void)? = nil
    ) async -> ConformanceReport {
        let start = ContinuousClock.now
        let picked = cases.filter(filter.contains)
        var problems = picked.isEmpty ? ["no case is picked by the filter: \(filter)"] : []
        let adapter = await AdapterFacts.asking(harness, seed: seed)
        if let problem = adapter.problem { problems.append(problem) }
        // Those that go deeper share the time, as many at once as run at once.
        let repeating = picked.count { ConformanceCases.repeating.contains($0.id) }
        let share = deep.map { $0 * max(1, min(parallelism, repeating)) / max(1, repeating) }
        var results: [Int: CaseResult] = [:]
        await withTaskGroup(of: (Int, CaseResult).self) { group in
            for (index, conformanceCase) in picked.enumerated() {
                if index >= max(1, parallelism), let (done, result) = await group.next() {
                    results[done] = result
                    progress?(result, results.count, picked.count)
                }
                group.addTask {
                    let reason = Task.isCancelled ? "the run was cancelled" : adapter.problem
                    guard let reason else {
                        return (index, await run(conformanceCase, harness, seed: seed, deep: share))
                    }
                    return (index, untested(conformanceCase, harness, reason, seed))
                }
            }
            for await (done, result) in group {
                results[done] = result
                progress?(result, results.count, picked.count)
            }
        }
        return ConformanceReport(
            adapter: harness.adapter,
            backendVersion: adapter.backendVersion,
            capabilities: adapter.capabilities,
            seed: seed,
            results: picked.indices.compactMap { results[$0] },
            problems: problems,
            duration: start.duration(to: .now)
        )
    }

    private static func untested(
        _ conformanceCase: ConformanceCase,
        _ harness: any ConformanceHarness,
        _ reason: String,
        _ seed: UInt64
    ) -> CaseResult {
        CaseResult(
            conformanceCase: conformanceCase,
            adapter: harness.adapter,
            outcome: .untested(reason),
            duration: .zero,
            seed: seed
        )
    }

    /// Runs one case; with `deep`, one that can repeat itself goes on for so long.
    public static func run(
        _ conformanceCase: ConformanceCase,
        _ harness: any ConformanceHarness,
        seed: UInt64,
        deep: Duration? = nil
    ) async -> CaseResult {
        let start = ContinuousClock.now
        var outcome = await outcome(of: conformanceCase, harness, seed, deep)
        if let reason = harness.knownFailures[conformanceCase.id] {
            switch outcome {
            case .failed: outcome = .knownFailing(reason)
            case .passed:
                outcome = .failed([
                    ExpectationFailure(
                        rule: conformanceCase.rules[0],
                        expectation: "the case fails, since the harness says so: \(reason)",
                        happened: "it passed; take it from the harness's known failures",
                        place: conformanceCase.place
                    )
                ])
            default: break
            }
        }
        if conformanceCase.isProvisional(), case .failed(let failures) = outcome { outcome = .provisional(failures) }
        return CaseResult(
            conformanceCase: conformanceCase,
            adapter: harness.adapter,
            outcome: outcome,
            duration: start.duration(to: .now),
            seed: seed
        )
    }

    private static func outcome(
        of conformanceCase: ConformanceCase,
        _ harness: any ConformanceHarness,
        _ seed: UInt64,
        _ deep: Duration?
    ) async -> CaseOutcome {
        if let need = conformanceCase.needs, !harness.abilities.contains(need) {
            return .notApplicable("the harness cannot \(need)")
        }
        let context = CaseContext(conformanceCase, harness: harness, seed: seed, deep: deep)
        let capabilities: Capabilities
        do {
            capabilities = try context.database(store: -1).driver.capabilities
        } catch {
            await context.cleanUp()
            return .untested("the store could not be opened: \(error)")
        }
        var body = conformanceCase.body
        if let capability = conformanceCase.capability, !capabilities.contains(capability) {
            guard let negative = conformanceCase.negative else {
                await context.cleanUp()
                return .notApplicable("the adapter does not declare the capability \(capability)")
            }
            body = negative
        }
        await runBounded(body, context, caseLimit + (deep ?? .zero))
        await context.cleanUp()
        if !context.failures.isEmpty { return .failed(context.failures) }
        return context.reasonToSkip.map(CaseOutcome.notApplicable) ?? .passed
    }

    /// Runs a body that may hang: it is left behind then, cancelled, and the run goes on.
    private static func runBounded(
        _ body: @escaping ConformanceCase.Body,
        _ context: CaseContext,
        _ limit: Duration
    ) async {
        let wait = BoundedWait<Void>()
        let task = Task.detached {
            do {
                try await body(context)
            } catch let end as NotApplicable {
                context.noteSkip(end.reason)
            } catch {
                context.fail("nothing but what the case expects is thrown", "it threw \(CaseContext.shown(error))")
            }
            wait.decide(.success(()))
        }
        do {
            try await wait.answer(until: .after(limit), waitingFor: { "the case" }, onGivingUp: { task.cancel() })
        } catch {
            context.fail("the case ends within \(limit)", "it did not: \(error)", rule: "LIF-2")
        }
    }
}

extension ConformanceCase {
    /// How many cases run at once when a test library starts them all.
    private static let gate = AsyncGate(2)

    /// Runs the case against an adapter, as one test of a test library:
    ///
    /// ```swift
    /// @Test(arguments: ConformanceCases.all)
    /// func conforms(_ conformanceCase: ConformanceCase) async throws {
    ///     try await conformanceCase.verify(on: ShelfHarness())
    /// }
    /// ```
    ///
    /// - Returns: The outcome, which is no failure.
    /// - Throws: ``ConformanceFailure`` with the rule, what was expected and what happened.
    @discardableResult
    public func verify(on harness: any ConformanceHarness, seed: UInt64 = 1) async throws -> CaseOutcome {
        try await Self.gate.acquire(until: .after(.seconds(3600)), waitingFor: "other conformance cases to end")
        defer { Self.gate.release() }
        let result = await ConformanceRunner.run(self, harness, seed: seed)
        if result.outcome.isFailure { throw ConformanceFailure(result: result) }
        return result.outcome
    }
}
