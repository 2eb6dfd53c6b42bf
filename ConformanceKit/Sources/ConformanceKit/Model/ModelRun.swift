internal import Stowage

/// Programs run on the model and on a case's stores, the first difference shrunk and shown.
struct ModelRun {
    let check: CaseContext
    let focus: ModelGenerator.Focus
    let programs: Int
    /// One store for each run while a program is shrunk; 0 is the one that all programs share.
    private var lastStore = 0

    init(_ check: CaseContext, _ focus: ModelGenerator.Focus, programs: Int) {
        self.check = check
        self.focus = focus
        self.programs = programs
    }

    /// Runs the programs of the seed, and goes on with others until a deep run's time is over.
    mutating func run() async throws {
        let store = try await ModelSession { [check] in try check.database() }
        var number = 0
        while number < programs || check.mayGoDeeper {
            try Task.checkCancellation()
            let program = try self.program(number, store.storage.capabilities)
            if let difference = try await ModelDifference.running(program, on: store) {
                return try await report(program, number, difference)
            }
            try await store.clear()
            number += 1
        }
        try await store.close()
    }

    /// The program with a number: the same for the same seed, whatever came before it.
    func program(_ number: Int, _ capabilities: Capabilities) throws -> ModelProgram {
        var generator = ModelGenerator(
            seed: check.seed,
            "\(focus.rawValue) program \(number)",
            focus: focus,
            capabilities: capabilities
        )
        return try generator.program()
    }

    private mutating func report(_ program: ModelProgram, _ number: Int, _ difference: ModelDifference) async throws {
        var (shown, found) = (program, difference)
        var note = "shrunk from \(program.steps.count) steps"
        if let again = try await onNewStore(program) {
            var shrinker = ModelShrinker { [check, stores = StoreNumbers(lastStore)] program in
                try await Self.run(program, check, store: stores.next())
            }
            (shown, found) = try await shrinker.shrink(program, again)
        } else {
            note = "not shrunk: it fails only after the programs before it"
        }
        let source = shown.swift(comment: [
            "seed \(check.seed), program \(number), \(note)",
            "step \(found.step) of \(shown.steps.count), counted from 0",
            "memory: \(Self.cut(found.expected))",
            "store:  \(Self.cut(found.found))",
        ])
        check.fail(
            "the store answers every step as memory does, and ends with the same content",
            "it differs from memory in a program of \(shown.steps.count) steps:\n\n\(source)"
        )
    }

    private mutating func onNewStore(_ program: ModelProgram) async throws -> ModelDifference? {
        lastStore += 1
        return try await Self.run(program, check, store: lastStore)
    }

    private static func run(
        _ program: ModelProgram,
        _ check: CaseContext,
        store number: Int
    ) async throws -> ModelDifference? {
        let store = try await ModelSession { try check.database(store: number) }
        let difference = try await ModelDifference.running(program, on: store)
        try await store.close()
        return difference
    }

    private static func cut(_ text: String) -> String {
        let line = text.utf8.count <= 400 ? text : String(text.prefix(350)) + "…"
        return line.replacing("\n", with: "\\n")
    }
}

/// Numbers of stores that nobody has used.
private final class StoreNumbers {
    private var last: Int
    init(_ last: Int) { self.last = last }
    func next() -> Int {
        last += 1
        return last
    }
}
