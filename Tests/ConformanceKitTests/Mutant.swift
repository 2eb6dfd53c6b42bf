import ConformanceKit
import Stowage

/// A known-bad adapter: memory with one realistic defect, and the case that must fail it.
struct Mutant: Sendable, CustomStringConvertible {
    let description: String
    let killer: String
    var query: @Sendable (DriverQuery, CollectionSchema) -> DriverQuery = { query, _ in query }
    var predicate: @Sendable (QueryPredicate) -> QueryPredicate = { $0 }
    var mutation: @Sendable (Mutation) -> Mutation = { $0 }
    var outcome: @Sendable (Mutation, MutationOutcome) -> MutationOutcome = { $1 }
    var splitsBatches = false

    init(_ description: String, killedBy killer: String, _ change: (inout Mutant) -> Void) {
        self.description = description
        self.killer = killer
        change(&self)
    }

    func driver(_ base: MemoryDriver) -> any StorageDriver { MutantDriver(base: base, mutant: self) }

    static let queryMutants: [Mutant] = [
        Mutant("null as false", killedBy: "qry.nil.not-equal-matches") {
            $0.predicate = { predicate in
                predicate.rewritten { leaf in
                    guard case .compare(let field, .notEqual, _) = leaf else { return leaf }
                    return .and([.isNotNil(field: field), leaf])
                }
            }
        },
        Mutant("NOT IN drops nil", killedBy: "qry.in.lists-and-nil") {
            $0.predicate = { predicate in
                predicate.rewritten { leaf in
                    guard case .member(let field, isIn: false, _) = leaf else { return leaf }
                    return .and([.isNotNil(field: field), leaf])
                }
            }
        },
        Mutant("limit before sort", killedBy: "qry.limit.cuts-the-sorted-answer") {
            $0.query = { query, collection in
                var query = query
                if query.limit != nil { query.order = collection.key.map { SortKey(collection.fields[$0].name) } }
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
        Mutant("wildcards in text searches", killedBy: "qry.search.literal") {
            $0.predicate = { predicate in
                predicate.rewritten { leaf in
                    guard case .text(let field, let match, let needle, let ignoring) = leaf, needle.contains("%") else {
                        return leaf
                    }
                    return .text(field: field, match, needle: needle.filter { $0 != "%" }, ignoringASCIICase: ignoring)
                }
            }
        },
        Mutant("all text searches fold case", killedBy: "qry.search.case-of-ascii") {
            $0.predicate = { predicate in
                predicate.rewritten { leaf in
                    guard case .text(let field, let match, let needle, _) = leaf else { return leaf }
                    return .text(field: field, match, needle: needle, ignoringASCIICase: true)
                }
            }
        },
    ]

    static let writeMutants: [Mutant] = [
        Mutant("delete says true for the absent", killedBy: "rec.absent.delete") {
            $0.outcome = { mutation, outcome in
                guard case .delete = mutation else { return outcome }
                return MutationOutcome(affected: 1)
            }
        },
        Mutant("createIfAbsent always says created", killedBy: "rec.create-if-absent.says-which") {
            $0.outcome = { mutation, outcome in
                guard case .insertIfAbsent = mutation else { return outcome }
                return MutationOutcome(affected: 1, inserted: true)
            }
        },
        Mutant("create replaces", killedBy: "rec.create.refuses-existing-id") {
            $0.mutation = { mutation in
                guard case .insert(let row) = mutation else { return mutation }
                return .upsert(row)
            }
        },
        Mutant("batches are written one by one", killedBy: "rec.batch.all-or-nothing") { $0.splitsBatches = true },
        Mutant("large whole numbers are rounded", killedBy: "val.int64.exact") {
            $0.mutation = { mutation in
                mutation.rewritten { value in
                    guard case .int(let number) = value else { return value }
                    return .int(Int64(exactly: Double(number)) ?? .max)
                }
            }
        },
        Mutant("negative zero is lost", killedBy: "val.double.bit-exact") {
            $0.mutation = { mutation in
                mutation.rewritten { value in
                    guard case .double(let number) = value else { return value }
                    return .double(number + 0.0)
                }
            }
        },
        Mutant("microseconds are cut to milliseconds", killedBy: "val.time.every-microsecond") {
            $0.mutation = { mutation in
                mutation.rewritten { value in
                    guard case .time(let time) = value,
                        let cut = try? Timestamp(microseconds: time.microseconds / 1000 * 1000)
                    else { return value }
                    return .time(cut)
                }
            }
        },
        Mutant("empty text becomes nil", killedBy: "val.nothing.keeps-its-meaning") {
            $0.mutation = { mutation in
                mutation.rewritten { value in
                    guard case .text(let text) = value, text.isEmpty else { return value }
                    return .null
                }
            }
        },
    ]
}

extension QueryPredicate {
    /// The condition with each leaf replaced.
    fileprivate func rewritten(_ leaf: (QueryPredicate) -> QueryPredicate) -> QueryPredicate {
        switch self {
        case .and(let parts): .and(parts.map { $0.rewritten(leaf) })
        case .or(let parts): .or(parts.map { $0.rewritten(leaf) })
        case .not(let part): .not(part.rewritten(leaf))
        default: leaf(self)
        }
    }
}

extension Mutation {
    /// The mutation with each value that it stores replaced.
    fileprivate func rewritten(_ change: (Value) -> Value) -> Mutation {
        func changed(_ row: Row) -> Row { Row(values: row.values.map(change), unknown: row.unknown) }
        return switch self {
        case .insert(let row): .insert(changed(row))
        case .insertIfAbsent(let row): .insertIfAbsent(changed(row))
        case .upsert(let row): .upsert(changed(row))
        case .replaceAll(let rows): .replaceAll(rows.map(changed))
        case .update(let key, let assignments):
            .update(key, assignments.map { Assignment(field: $0.field, value: change($0.value)) })
        default: self
        }
    }
}
