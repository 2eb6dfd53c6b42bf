/// A driver whose engine shows how it answers a query (QRY-10): one that declares ``Capabilities/Feature/plan``.
///
/// ```swift
/// extension ShelfDriver: PlanningDriver {
///     func explain(_ query: DriverQuery, in collection: CollectionSchema, context: OperationContext) async throws
///         -> QueryPlan
///     {
///         QueryPlan(usesIndex: false, steps: ["scan \(collection.name)"])
///     }
/// }
/// ```
public protocol PlanningDriver: StorageDriver {
    /// How the engine would answer a query now, without answering it.
    ///
    /// Promised: no stored value stands in the plan, and nothing is changed. Not promised: that the plan stays when the
    /// records do not.
    func explain(
        _ query: DriverQuery,
        in collection: CollectionSchema,
        context: OperationContext
    ) async throws -> QueryPlan
}

/// How an engine answers a query.
public struct QueryPlan: Sendable, Hashable, CustomStringConvertible {
    /// Whether the records that match are looked up in an index, the key's included. An index that is only read from end
    /// to end, for its order, does not count.
    public var usesIndex: Bool
    /// The engine's own words, a step a line, the outermost first.
    public var steps: [String]

    /// Makes a plan.
    public init(usesIndex: Bool, steps: [String]) {
        self.usesIndex = usesIndex
        self.steps = steps
    }

    /// The steps, a line each.
    public var description: String { steps.joined(separator: "\n") }
}

extension DatabaseStorage {
    /// How the engine would answer a query now (QRY-10); the query is not run.
    ///
    /// ```swift
    /// print(try await sessions.plan(of: .where { $0.taskId == "t-1" }))
    /// // SEARCH sessions USING INDEX sessions_taskId (taskId=?)
    /// ```
    ///
    /// - Throws: `unsupported` when the adapter does not declare the capability `plan` (LIF-5); `invalidArgument` for a
    ///   query that ``fetch(_:)`` refuses, and inside a transaction.
    public func plan(of query: Query<Record>) async throws -> QueryPlan {
        try await handle.plan(query.checked(handle.schema))
    }
}

extension StorageHandle {
    fileprivate func plan(_ query: DriverQuery) async throws -> QueryPlan {
        guard case .database(let database) = route.executor else {
            throw StorageError(.invalidArgument, "a plan is not shown inside a transaction")
        }
        try capabilities.require(.plan, for: "plans of queries")
        guard let driver = database.driver as? any PlanningDriver else {
            throw StorageError(.unsupported, "this adapter declares plans of queries, and has none")
        }
        return try await database.oneShot(route) { _, context in
            try await driver.explain(query, in: collection, context: context)
        }
    }
}
