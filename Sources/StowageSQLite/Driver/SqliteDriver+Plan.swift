#if SQLite
public import Stowage

extension SqliteDriver: PlanningDriver {
    /// How SQLite would answer a query (QRY-10): `SEARCH sessions USING INDEX sessions_taskId (taskId=?)`.
    ///
    /// SQLite says `SEARCH` where it looks records up, and `SCAN` where it reads a table or an index from end to end.
    public func explain(
        _ query: DriverQuery,
        in collection: CollectionSchema,
        context: OperationContext
    ) async throws -> QueryPlan {
        let (_, table) = try opened(collection)
        let steps = try await read(context, table) { try $0.explain(query, in: table.seen(by: $0)) }
        let reads = steps.filter { $0.hasPrefix("SEARCH ") || $0.hasPrefix("SCAN ") }
        return QueryPlan(usesIndex: !reads.isEmpty && reads.allSatisfy { $0.hasPrefix("SEARCH ") }, steps: steps)
    }
}
#endif
