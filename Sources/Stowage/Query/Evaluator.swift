/// The reference evaluator: what every engine's answer is measured against.
///
/// It evaluates a predicate over one row at a time, through a ``RowReader``, so that only the fields asked about are
/// looked at. Drivers that put, get, delete and scan get all of their queries from it.
public struct Evaluator: Sendable {
    private let root: Node

    /// Prepares a predicate for rows of a collection.
    ///
    /// - Throws: ``StorageError`` with code `invalidArgument` for a field that the collection does not have.
    public init(_ predicate: QueryPredicate, for collection: CollectionSchema) throws {
        root = try Node(predicate, collection)
    }

    /// Whether a row matches.
    public func matches(_ row: any RowReader) throws -> Bool { try root.matches(row) }
}

private indirect enum Node: Sendable {
    case constant(Bool)
    case compare(Int, FieldType, QueryPredicate.Comparison, Value)
    case member(Int, FieldType, isIn: Bool, Set<Value>)
    case isNil(Int, Bool)
    case text(Int, TextSearch)
    case all([Node])
    case any([Node])
    case not(Node)

    init(_ predicate: QueryPredicate, _ collection: CollectionSchema) throws {
        func field(_ name: String) throws -> Int {
            guard let position = collection.position(of: name) else {
                throw StorageError(.invalidArgument, "a query names a field that \(collection.name) does not have")
                    .inField(name)
            }
            return position
        }
        switch predicate {
        case .all: self = .constant(true)
        case .none: self = .constant(false)
        case .compare(let name, let comparison, let value):
            let position = try field(name)
            self = .compare(position, collection.fields[position].type, comparison, value)
        case .member(let name, let isIn, let values):
            let position = try field(name)
            self = .member(position, collection.fields[position].type, isIn: isIn, Set(values))
        case .isNil(let name): self = .isNil(try field(name), true)
        case .isNotNil(let name): self = .isNil(try field(name), false)
        case .text(let name, let match, let needle, let ignoringCase):
            self = .text(try field(name), TextSearch(match, needle, ignoringASCIICase: ignoringCase))
        case .and(let parts): self = .all(try parts.map { try Node($0, collection) })
        case .or(let parts): self = .any(try parts.map { try Node($0, collection) })
        case .not(let part): self = .not(try Node(part, collection))
        }
    }

    func matches(_ row: any RowReader) throws -> Bool {
        switch self {
        case .constant(let answer): return answer
        case .all(let parts): return try parts.allSatisfy { try $0.matches(row) }
        case .any(let parts): return try parts.contains { try $0.matches(row) }
        case .not(let part): return try !part.matches(row)
        case .isNil(let field, let expected): return try row.isNull(field) == expected
        case .text(let field, let search): return try !row.isNull(field) && search.matches(row.text(field))
        case .member(let field, let type, let isIn, let values):
            // Nil is in no list (QRY-1).
            if try row.isNull(field) { return !isIn }
            return try values.contains(row.value(field, as: type)) == isIn
        case .compare(let field, let type, let comparison, let value):
            if try row.isNull(field) { return comparison == .notEqual }
            let order = try row.value(field, as: type).compare(value)
            return switch comparison {
            case .equal: order == .same
            case .notEqual: order != .same
            case .less: order == .ascending
            case .lessOrEqual: order != .descending
            case .greater: order == .descending
            case .greaterOrEqual: order != .ascending
            }
        }
    }
}

/// A literal text search by bytes (QRY-5).
struct TextSearch: Sendable {
    private let match: QueryPredicate.TextMatch
    private let needle: [UInt8]
    private let ignoringASCIICase: Bool

    init(_ match: QueryPredicate.TextMatch, _ needle: String, ignoringASCIICase: Bool) {
        self.match = match
        self.needle = ignoringASCIICase ? needle.utf8.map(Self.folded) : Array(needle.utf8)
        self.ignoringASCIICase = ignoringASCIICase
    }

    private static func folded(_ byte: UInt8) -> UInt8 { 0x41...0x5a ~= byte ? byte + 0x20 : byte }

    func matches(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { bytes in
            guard bytes.count >= needle.count else { return false }
            return switch match {
            case .hasPrefix: stands(at: 0, in: bytes)
            case .hasSuffix: stands(at: bytes.count - needle.count, in: bytes)
            case .contains: (0...(bytes.count - needle.count)).contains { stands(at: $0, in: bytes) }
            }
        }
    }

    private func stands(at start: Int, in bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        for (position, byte) in needle.enumerated() {
            let other = bytes[start + position]
            if byte != (ignoringASCIICase ? Self.folded(other) : other) { return false }
        }
        return true
    }
}

/// The order of rows by sort keys (QRY-2, QRY-3).
public struct RowOrder: Sendable {
    private let keys: [(field: Int, type: FieldType, key: SortKey)]

    /// Prepares an order for rows of a collection.
    public init(_ order: [SortKey], for collection: CollectionSchema) throws {
        keys = try order.map { key in
            guard let position = collection.position(of: key.field) else {
                throw StorageError(.invalidArgument, "a query sorts by a field that \(collection.name) does not have")
                    .inField(key.field)
            }
            return (position, collection.fields[position].type, key)
        }
    }

    /// The values by which a row is sorted.
    public func values(of row: any RowReader) throws -> [Value] {
        try keys.map { try row.isNull($0.field) ? .null : row.value($0.field, as: $0.type) }
    }

    /// Whether the values of one row come before those of another.
    public func precedes(_ left: [Value], _ right: [Value]) -> Bool {
        for (index, key) in keys.enumerated() {
            let order: Value.Ordering
            switch (left[index].isNull, right[index].isNull) {
            case (true, true): continue
            case (true, false): return key.key.placement == .first
            case (false, true): return key.key.placement == .last
            case (false, false): order = left[index].compare(right[index])
            }
            if order != .same { return (order == .ascending) == (key.key.direction == .ascending) }
        }
        return false
    }
}
