internal import Stowage

/// Where a store first answered otherwise than the model.
struct ModelDifference: Sendable {
    /// The step, counted from zero; their number when the content differs afterwards.
    var step: Int
    /// The model's answer.
    var expected: String
    /// The store's.
    var found: String

    /// Runs a program in step on the model and on a store, which is empty, up to the first difference.
    ///
    /// - Returns: nil when all answers and the whole content agree.
    /// - Throws: what keeps either from being opened.
    static func running(_ program: ModelProgram, on store: ModelSession) async throws -> ModelDifference? {
        let model = try await modelSession()
        for (index, step) in program.steps.enumerated() {
            let (expected, found) = try await (model.run(step), store.run(step))
            if let difference = first(expected, found, index) { return difference }
        }
        let (expected, found) = await (model.content(), store.content())
        return first(expected, found, program.steps.count)
    }

    /// A session on a new model.
    static func modelSession() async throws -> ModelSession {
        // The driver outlives its databases, so the model can be closed and opened again.
        let driver = MemoryDriver()
        return try await ModelSession { StorageDatabase(driver: driver) }
    }

    private static func first(_ expected: [String], _ found: [String], _ step: Int) -> ModelDifference? {
        for index in 0..<max(expected.count, found.count) {
            let left = index < expected.count ? expected[index] : "nothing more"
            let right = index < found.count ? found[index] : "nothing more"
            if !TextOrder.equal(left, right) { return ModelDifference(step: step, expected: left, found: right) }
        }
        return nil
    }
}
