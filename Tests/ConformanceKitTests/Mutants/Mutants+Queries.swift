import FoundationEssentials
import Stowage
import Synchronization

// QRY: wrong answers, and right ones in a wrong order.
extension Mutant {
    /// A mutant that asks something else.
    private static func asking(
        _ description: String,
        killedBy killer: String,
        _ change: @escaping @Sendable (QueryPredicate) -> QueryPredicate
    ) -> Mutant {
        Mutant(description, killedBy: killer) { $0.predicate = { $0.rewritten(change) } }
    }

    static let queries: [Mutant] = [
        asking("null as false", killedBy: "qry.nil.not-equal-matches") { leaf in
            guard case .compare(let field, .notEqual, _) = leaf else { return leaf }
            return .and([.isNotNil(field: field), leaf])
        },
        asking("NOT IN drops nil", killedBy: "qry.in.lists-and-nil") { leaf in
            guard case .member(let field, isIn: false, _) = leaf else { return leaf }
            return .and([.isNotNil(field: field), leaf])
        },
        Mutant("NOT of a comparison drops nil", killedBy: "qry.bool-logic.nested") {
            @Sendable func threeValued(_ predicate: QueryPredicate) -> QueryPredicate {
                switch predicate {
                case .and(let parts): .and(parts.map(threeValued))
                case .or(let parts): .or(parts.map(threeValued))
                case .not(let part): .and([.not(threeValued(part))] + part.fields.map { .isNotNil(field: $0) })
                default: predicate
                }
            }
            $0.predicate = threeValued
        },
        asking("less matches nil", killedBy: "qry.nil.comparisons-never-match") { leaf in
            guard case .compare(let field, .less, _) = leaf else { return leaf }
            return .or([.isNil(field: field), leaf])
        },
        asking("is nil matches empty text", killedBy: "qry.nil.test") { leaf in
            guard case .isNil(let field) = leaf, field == "email" || field == "tag" else { return leaf }
            return .or([leaf, .compare(field: field, .equal, .text(""))])
        },
        asking("at most is less", killedBy: "qry.types.order") { leaf in
            guard case .compare(let field, .lessOrEqual, let value) = leaf else { return leaf }
            return .compare(field: field, .less, value)
        },
        asking("at least is more", killedBy: "qry.types.order") { leaf in
            guard case .compare(let field, .greaterOrEqual, let value) = leaf else { return leaf }
            return .compare(field: field, .greater, value)
        },
        asking("long lists are cut at 32,766 values", killedBy: "qry.in.hundred-thousand") { leaf in
            guard case .member(let field, let isIn, let values) = leaf else { return leaf }
            return .member(field: field, isIn: isIn, Array(values.prefix(32_766)))
        },
        asking("an empty list means no condition", killedBy: "qry.in.empty") { leaf in
            if case .member(_, _, let values) = leaf, values.isEmpty { .all } else { leaf }
        },
        asking("wildcards in text searches", killedBy: "qry.search.literal") { leaf in
            guard case .text(let field, let match, let needle, let ignoring) = leaf, needle.contains("%") else {
                return leaf
            }
            return .text(field: field, match, needle: needle.filter { $0 != "%" }, ignoringASCIICase: ignoring)
        },
        asking("an underscore in a text search is any character", killedBy: "qry.search.literal") { leaf in
            guard case .text(let field, let match, let needle, let ignoring) = leaf, needle.hasPrefix("_") else {
                return leaf
            }
            return .text(field: field, match, needle: String(needle.dropFirst()), ignoringASCIICase: ignoring)
        },
        asking("all text searches fold case", killedBy: "qry.search.case-of-ascii") { leaf in
            guard case .text(let field, let match, let needle, _) = leaf else { return leaf }
            return .text(field: field, match, needle: needle, ignoringASCIICase: true)
        },
        asking("text searches that fold case fold all of it", killedBy: "qry.search.case-of-ascii") { leaf in
            guard case .text(let field, let match, let needle, true) = leaf else { return leaf }
            return .or(
                [needle, needle.lowercased(), needle.uppercased()].map {
                    .text(field: field, match, needle: $0, ignoringASCIICase: true)
                }
            )
        },
        asking("an empty needle matches nil", killedBy: "qry.search.empty-needle") { leaf in
            if case .text(_, _, let needle, _) = leaf, needle.isEmpty { .all } else { leaf }
        },
        asking("a prefix may stand anywhere", killedBy: "qry.search.literal") { leaf in
            guard case .text(let field, .hasPrefix, let needle, let ignoring) = leaf else { return leaf }
            return .text(field: field, .contains, needle: needle, ignoringASCIICase: ignoring)
        },
        Mutant("text is searched character by character", killedBy: "qry.search.inside-scalars") {
            $0.answer = { rows, query, collection in
                guard case .text(let field, .contains, let needle, false) = query.predicate,
                    let position = collection.position(of: field)
                else { return rows }
                return rows.filter { row in
                    guard case .text(let text) = row.values[position] else { return false }
                    return needle.isEmpty || text.indices.contains { text[$0...].hasPrefix(needle) }
                }
            }
        },
        Mutant("count counts every record", killedBy: "qry.count.limit-and-offset") {
            $0.count = { transaction, _, collection in try await transaction.inner.count(.all, in: collection) }
        },
        Mutant("the schema's indexes are not made", killedBy: "qry.index.is-used", on: .sqlite) {
            $0.collection = { $0.changing(indexes: $0.uniqueIndexes) }
        },
        Mutant("every plan says that it uses an index", killedBy: "qry.index.is-used", on: .sqlite) {
            $0.plan = { QueryPlan(usesIndex: true, steps: $0.steps) }
        },
        Mutant("a plan shows what is searched for", killedBy: "qry.plan.no-values", on: .sqlite) {
            $0.plan = { QueryPlan(usesIndex: $0.usesIndex, steps: $0.steps + ["filter: tag = 's3cr3t-value'"]) }
        },
        Mutant("plans are declared, and there are none", killedBy: "qry.index.is-used") {
            $0.capabilities = { capabilities, _ in Capabilities(capabilities.features.union([.plan, .indexes])) }
        },
    ]

    static let orders: [Mutant] = [
        Mutant("limit before sort", killedBy: "qry.limit.cuts-the-sorted-answer") {
            $0.query = { query, collection in
                var query = query
                if query.limit != nil { query.order = collection.key.map { SortKey(collection.fields[$0].name) } }
                return query
            }
        },
        Mutant("the offset is ignored", killedBy: "qry.limit.cuts-the-sorted-answer") {
            $0.query = { query, _ in
                var query = query
                query.offset = 0
                return query
            }
        },
        Mutant("an offset counts only with a limit", killedBy: "qry.limit.edges") {
            $0.query = { query, _ in
                var query = query
                if query.limit == nil { query.offset = 0 }
                return query
            }
        },
        Mutant("a limit of none is no limit", killedBy: "qry.limit.edges") {
            $0.query = { query, _ in
                var query = query
                if query.limit == 0 { query.limit = nil }
                return query
            }
        },
        Mutant("ties always ascending", killedBy: "qry.order.ties-by-id") {
            $0.query = { query, collection in
                var query = query
                if query.order.count > collection.key.count {
                    query.order[query.order.count - 1].direction = .ascending
                }
                return query
            }
        },
        Mutant("the second sort key is ignored", killedBy: "qry.order.several-keys") {
            $0.query = { query, collection in
                var query = query
                if query.order.count > collection.key.count + 1 { query.order.remove(at: 1) }
                return query
            }
        },
        Mutant("a key of two parts orders by its first", killedBy: "qry.order.composite-key") {
            $0.answer = { rows, query, collection in
                guard collection.key.count > 1, query.order.count > 1 else { return rows }
                let first = collection.key[0]
                return rows.reversed().sorted { $0.values[first].compare($1.values[first]) == .ascending }
            }
        },
        Mutant("nil comes first ascending", killedBy: "qry.order.nil-placement") {
            $0.query = { query, _ in
                var query = query
                for index in query.order.indices where query.order[index].nils == nil {
                    query.order[index].nils = query.order[index].direction == .ascending ? .first : .last
                }
                return query
            }
        },
        Mutant("nil comes last descending too", killedBy: "qry.order.exact-reverse") {
            $0.query = { query, _ in
                var query = query
                for index in query.order.indices where query.order[index].nils == nil {
                    query.order[index].nils = .last
                }
                return query
            }
        },
        Mutant("the placement of nil is ignored", killedBy: "qry.order.nil-placement") {
            $0.query = { query, _ in
                var query = query
                for index in query.order.indices { query.order[index].nils = nil }
                return query
            }
        },
        sorting("text is collated by a locale", killedBy: "qry.order.hostile-text") { left, right in
            guard case .text(let left) = left, case .text(let right) = right else { return nil }
            let (one, two) = (left.lowercased(), right.lowercased())
            return one == two ? nil : one < two
        },
        sorting("text is ordered by its UTF-16", killedBy: "qry.order.by-id") { left, right in
            guard case .text(let left) = left, case .text(let right) = right else { return nil }
            return left.utf16.lexicographicallyPrecedes(right.utf16)
        },
        sorting("whole numbers are ordered as text", killedBy: "qry.limit.cuts-the-sorted-answer") { left, right in
            guard case .int(let left) = left, case .int(let right) = right else { return nil }
            return String(left) < String(right)
        },
        sorting("UUIDs are ordered by their last bytes", killedBy: "rec.ids.all-types") { left, right in
            guard case .uuid(let left) = left, case .uuid(let right) = right, left != right else { return nil }
            return left.uuid.15 < right.uuid.15
        },
        Mutant("a stream repeats a record where pages meet", killedBy: "qry.stream.whole-answer") {
            $0.page = { last, page in page.isEmpty ? page : [last].compactMap { $0 } + page }
        },
        Mutant("a stream leaves out a record where pages meet", killedBy: "qry.stream.whole-answer") {
            $0.page = { _, page in Array(page.dropFirst()) }
        },
        Mutant("a stream sees what is written beside it", killedBy: "qry.stream.one-snapshot") { _, site in
            LooseShelf(.readsTheNewest, site.shelf)
        },
    ]

    /// A mutant that sorts by the first key in a way of its own.
    private static func sorting(
        _ description: String,
        killedBy killer: String,
        _ precedes: @escaping @Sendable (Value, Value) -> Bool?
    ) -> Mutant {
        Mutant(description, killedBy: killer) {
            $0.answer = { rows, query, collection in
                guard let key = query.order.first, let position = collection.position(of: key.field),
                    let order = try? RowOrder(query.order, for: collection)
                else { return rows }
                return rows.sorted { left, right in
                    let (one, two) = (left.values[position], right.values[position])
                    let way = key.direction == .ascending
                    guard let isBefore = way ? precedes(one, two) : precedes(two, one) else {
                        guard let values = try? (order.values(of: left), order.values(of: right)) else { return false }
                        return order.precedes(values.0, values.1)
                    }
                    return isBefore
                }
            }
        }
    }

    static let massWrites: [Mutant] = [
        Mutant("updateAll says one", killedBy: "qry.update-all.counts") {
            $0.outcome = { mutation, outcome in
                guard case .updateAll = mutation else { return outcome }
                return MutationOutcome(affected: min(1, outcome.affected))
            }
        },
        Mutant("updateAll counts what changed, not what matched", killedBy: "qry.update-all.counts") {
            $0.write = { transaction, batch in
                guard case .updateAll(let predicate, let assignments)? = batch.mutations.first else {
                    return try await transaction.inner.write(batch)
                }
                let changing = assignments.map { assignment -> QueryPredicate in
                    let field = batch.collection.fields[assignment.field]
                    if assignment.value.isNull || field.type == .json { return .isNotNil(field: field.name) }
                    return .compare(field: field.name, .notEqual, assignment.value)
                }
                let count = try await transaction.inner.count(.and([predicate, .or(changing)]), in: batch.collection)
                return try await transaction.inner.write(batch).map { _ in MutationOutcome(affected: count) }
            }
        },
        Mutant("deleteAll does not count", killedBy: "qry.update-all.counts") {
            $0.outcome = { mutation, outcome in
                if case .deleteAll = mutation { MutationOutcome(affected: 0) } else { outcome }
            }
        },
        Mutant("updateAll meets a record again where its change put it", killedBy: "qry.update-all.field-it-reads") {
            $0.write = { transaction, batch in
                guard case .updateAll(let predicate, _)? = batch.mutations.first else {
                    return try await transaction.inner.write(batch)
                }
                let outcomes = try await transaction.inner.write(batch)
                let again = try await transaction.inner.count(predicate, in: batch.collection)
                return [MutationOutcome(affected: outcomes[0].affected + again)]
            }
        },
        Mutant("updateAll skips nil", killedBy: "qry.update-all.nil-and-nested") {
            $0.mutation = { mutation, _ in
                guard case .updateAll(let predicate, let assignments) = mutation else { return mutation }
                return .updateAll(predicate, assignments.filter { !$0.value.isNull })
            }
        },
        Mutant("updateAll writes what it can", killedBy: "qry.update-all.all-or-nothing") {
            $0.oneShot = { driver, batch, context in
                guard case .updateAll(let predicate, let assignments)? = batch.mutations.first else {
                    return try await driver.plainWrite(batch, context)
                }
                let keys = try await driver.keys(predicate, batch, context)
                for key in keys {
                    var one = batch
                    one.mutations = [.update(key, assignments)]
                    _ = try await driver.plainWrite(one, context)
                }
                return [MutationOutcome(affected: keys.count)]
            }
        },
        Mutant("hostile names of fields are read as letters", killedBy: "qry.names.hostile") {
            $0.row = { row, collection in
                // Two columns whose names hold the same letters are one.
                var values = row.values
                var seen: [String: Int] = [:]
                for (position, field) in collection.fields.enumerated() {
                    let letters = field.name.filter { $0.isASCII && $0.isLetter }
                    if let first = seen[letters], collection.fields[first].type == field.type, field.isOptional {
                        values[position] = values[first]
                    }
                    seen[letters] = seen[letters] ?? position
                }
                return Row(values: values, unknown: row.unknown)
            }
        },
    ]
}

extension HookedDriver {
    /// The keys of what matches, found in a read of its own.
    func keys(_ predicate: QueryPredicate, _ batch: WriteBatch, _ context: OperationContext) async throws -> [Key] {
        let collection = batch.collection
        let found = Mutex<[Key]>([])
        let order = collection.key.map { SortKey(collection.fields[$0].name) }
        try await base.query(DriverQuery(predicate, order: order), in: collection, context: context) { reader in
            let key = collection.key(of: try reader.row(of: collection).values)
            found.withLock { $0.append(key) }
        }
        return found.withLock { $0 }
    }
}
