#if Postgres
public import Stowage
internal import StowageSQL

extension PostgresDriver: PlanningDriver {
    /// How Postgres would answer a query (QRY-10): `Index Scan using "sessions_taskId" on sessions`.
    ///
    /// Records are looked up where a scan has an `Index Cond`; an index scan without one only reads in the index's order.
    public func explain(
        _ query: DriverQuery,
        in collection: CollectionSchema,
        context: OperationContext
    ) async throws -> QueryPlan {
        let table = try await readable(collection, context)
        let sql = try table.reads.select(query)
        let statement = PostgresStatement(
            "EXPLAIN (COSTS OFF) " + sql.text,
            PostgresParameters(sql.parameters),
            isPrepared: false
        )
        let steps = try await read(context, table) { connection in
            var lines: [String] = []
            let result = try await connection.run([statement], deadline: context.deadline).first
            try result?.forEachRow { lines.append(Self.withoutValues(try $0.text(0))) }
            return lines
        }
        return QueryPlan(usesIndex: Self.usesIndex(steps), steps: steps)
    }

    /// A line of a plan with `…` in the place of each literal: Postgres writes what is searched for into it (LIF-4).
    static func withoutValues(_ line: String) -> String {
        var result = ""
        var rest = line.unicodeScalars[...]
        /// Takes a quoted part, in which a doubled quote stands for one, and returns it with its quotes.
        func quoted(_ quote: Unicode.Scalar) -> String {
            var part = String(rest.removeFirst())
            while let scalar = rest.popFirst() {
                part.unicodeScalars.append(scalar)
                guard scalar == quote else { continue }
                guard rest.first == quote else { break }
                part.unicodeScalars.append(rest.removeFirst())
            }
            return part
        }
        var isInWord = false
        while let scalar = rest.first {
            switch scalar {
            case "'":
                _ = quoted("'")
                result += "…"
            case "\"": result += quoted("\"")
            case "0"..."9" where !isInWord:
                while let digit = rest.first,
                    digit.properties.numericType != nil || ".eE+".unicodeScalars.contains(digit)
                {
                    rest.removeFirst()
                }
                result += "…"
            default:
                result.unicodeScalars.append(rest.removeFirst())
                isInWord =
                    scalar.properties.isAlphabetic || scalar == "_" || scalar == "$"
                    || (isInWord && scalar.properties.numericType != nil)
                continue
            }
            isInWord = false
        }
        return result
    }

    private static func usesIndex(_ steps: [String]) -> Bool {
        let words = steps.map { $0.drop { " ->".contains($0) } }
        return words.contains { $0.hasPrefix("Index Cond: ") } && !words.contains { $0.hasPrefix("Seq Scan ") }
    }
}
#endif
