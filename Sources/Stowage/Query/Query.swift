/// Which records, in which order, how many: a value without closures, so that it can be compared, stored and sent.
///
/// ```swift
/// let mine = Query<SessionRecord>
///     .where { $0.taskId == "t-1" && $0.branch != nil }
///     .sort(\.createdAt, .descending)
///     .limit(20)
/// let sessions = try await storage.fetch(mine)
/// ```
///
/// Writing a query never fails. What cannot be asked, such as a key path that is no field or a comparison with NaN,
/// is kept as ``problem`` and thrown by the call that is given the query.
public struct Query<Record: StorageRecord>: Sendable, Hashable, Codable {
    /// The condition.
    public private(set) var predicate: QueryPredicate = .all
    /// The sort keys as written; the id is added when the query runs (QRY-3).
    public private(set) var order: [SortKey] = []
    /// The limit, nil for none.
    public private(set) var limit: Int?
    /// How many records are left out first.
    public private(set) var offset = 0
    /// Where a page begins: after this record.
    public private(set) var token: PageToken?
    /// What was wrong in the writing, thrown when the query runs.
    public private(set) var problem: QueryProblem?

    /// A query for every record.
    public init() {}

    /// Every record, by id.
    public static var all: Query { Query() }

    /// The records that match, by id.
    public static func `where`(_ condition: (QueryFields<Record>) -> Condition<Record>) -> Query {
        Query().where(condition)
    }

    /// Every record in the order of a field.
    public static func sort(
        _ field: PartialKeyPath<Record>,
        _ direction: SortDirection = .ascending,
        nils: NilPlacement? = nil
    ) -> Query {
        Query().sort(field, direction, nils: nils)
    }

    /// At most so many records, by id.
    public static func limit(_ count: Int) -> Query { Query().limit(count) }
}

extension Query {
    /// Only those that match this condition too.
    public func `where`(_ condition: (QueryFields<Record>) -> Condition<Record>) -> Query {
        var copy = self
        let added = condition(QueryFields())
        copy.predicate = predicate.and(added.predicate)
        copy.problem = problem ?? added.problem
        return copy
    }

    /// Sorts by a further field, after those already given.
    ///
    /// - Parameters:
    ///   - field: The field; not a nested one (QRY-2).
    ///   - direction: Which way.
    ///   - nils: Where records without a value come: by default last ascending and first descending.
    public func sort(
        _ field: PartialKeyPath<Record>,
        _ direction: SortDirection = .ascending,
        nils: NilPlacement? = nil
    ) -> Query {
        var copy = self
        switch ResolvedField.resolve(field, of: Record.self) {
        case .success(let field) where field.type == .json:
            copy.problem = problem ?? QueryProblem("a nested field has no order", field: field.name)
        case .success(let field): copy.order.append(SortKey(field.name, direction, nils: nils))
        case .failure(let found): copy.problem = problem ?? found
        }
        return copy
    }

    /// At most so many records; none for 0 (QRY-4).
    public func limit(_ count: Int) -> Query {
        var copy = self
        copy.limit = count
        return copy
    }

    /// Leaves out so many records first; past the end there is nothing (QRY-4).
    public func offset(_ count: Int) -> Query {
        var copy = self
        copy.offset = count
        return copy
    }

    /// Begins after the last record of an earlier page (QRY-4).
    ///
    /// - Parameter token: ``Page/next`` of that page, from the same query.
    public func after(_ token: PageToken) -> Query {
        var copy = self
        copy.token = token
        return copy
    }
}

/// What was wrong in the writing of a query or of changes.
public struct QueryProblem: Error, Sendable, Hashable, Codable {
    enum Kind: String, Codable { case invalidArgument, invalidValue, configuration }
    let kind: Kind
    let message: String
    let field: String?

    init(_ message: String, field: String? = nil) {
        kind = .invalidArgument
        self.message = message
        self.field = field
    }

    init(_ error: any Error, field: String? = nil) {
        let known = error as? StorageError
        kind =
            switch known?.code {
            case .some(.invalidValue): .invalidValue
            case .some(.configuration): .configuration
            default: .invalidArgument
            }
        message = known?.message ?? "a value cannot be stored"
        self.field = known?.field ?? field
    }

    /// The error that the call throws.
    public var error: StorageError {
        let code: StorageError.Code =
            switch kind {
            case .invalidArgument: .invalidArgument
            case .invalidValue: .invalidValue
            case .configuration: .configuration
            }
        return StorageError(code, message).inField(field)
    }
}

/// A key path's field, looked up in the schema of its record type.
struct ResolvedField {
    let name: String
    let position: Int
    let type: FieldType

    static func resolve<Record: StorageRecord>(
        _ keyPath: PartialKeyPath<Record>,
        of type: Record.Type
    ) -> Result<ResolvedField, QueryProblem> {
        do {
            let schema = try Record.schema
            guard let position = schema.position(of: keyPath) else {
                return .failure(QueryProblem("a key path of \(Record.self) names no field of its schema"))
            }
            let field = schema.collection.fields[position]
            return .success(ResolvedField(name: field.name, position: position, type: field.type))
        } catch {
            return .failure(QueryProblem(error))
        }
    }
}
