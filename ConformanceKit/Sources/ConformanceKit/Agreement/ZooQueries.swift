internal import FoundationEssentials
internal import Stowage

/// Makes queries over the zoo from a generator: every operator on every type, nested, sorted, cut and paged.
enum ZooQueries {
    /// Names and types of the fields.
    static let fields: [FieldSchema] = (try? Zoo.schema.collection.fields) ?? []
    private static let plain = fields.filter { $0.type != .json }
    private static let texts = fields.filter { $0.type == .text }

    /// A query. Some have a limit and an offset, never a negative one.
    static func query(_ generator: inout SeededGenerator, ids: Int) throws -> Query<Zoo> {
        try Query(
            predicate(&generator, depth: generator.below(6), ids: ids),
            order: order(&generator),
            limit: generator.oneIn(3) ? generator.pick([0, 1, 2, 5, 17, 1_000, Int.max]) : nil,
            offset: generator.oneIn(4) ? generator.pick([1, 3, 10, 10_000, Int.max]) : 0
        )
    }

    /// A query for pages: without a cut of its own.
    static func pageable(_ generator: inout SeededGenerator, ids: Int) throws -> Query<Zoo> {
        try Query(predicate(&generator, depth: generator.below(3), ids: ids), order: order(&generator))
    }

    /// A condition of at most so many levels.
    static func predicate(_ generator: inout SeededGenerator, depth: Int, ids: Int) -> QueryPredicate {
        if depth > 0 {
            switch generator.below(6) {
            case 0, 1:
                return .and(
                    (0..<(1 + generator.below(3))).map { _ in predicate(&generator, depth: depth - 1, ids: ids) }
                )
            case 2, 3:
                return .or(
                    (0..<(1 + generator.below(3))).map { _ in predicate(&generator, depth: depth - 1, ids: ids) }
                )
            case 4: return .not(predicate(&generator, depth: depth - 1, ids: ids))
            default: break
            }
        }
        return leaf(&generator, ids: ids)
    }

    private static func leaf(_ generator: inout SeededGenerator, ids: Int) -> QueryPredicate {
        switch generator.below(20) {
        case 0: return generator.pick([.all, .none, .and([]), .or([])])
        case 1, 2: return .isNil(field: generator.pick(fields).name)
        case 3: return .isNotNil(field: generator.pick(fields).name)
        case 4...8:
            return .text(
                field: generator.pick(texts).name,
                generator.pick(QueryPredicate.TextMatch.allCases),
                needle: needle(&generator),
                ignoringASCIICase: generator.oneIn(2)
            )
        case 9...12:
            let field = generator.pick(plain)
            let values = (0..<generator.pick([0, 1, 2, 5, 12])).map { _ in value(of: field, &generator, ids: ids) }
            return .member(field: field.name, isIn: generator.oneIn(2), values)
        default:
            let field = generator.pick(plain)
            return .compare(
                field: field.name,
                generator.pick(QueryPredicate.Comparison.allCases),
                value(of: field, &generator, ids: ids)
            )
        }
    }

    /// A part of some text, cut between scalars, often in another case.
    private static func needle(_ generator: inout SeededGenerator) -> String {
        if generator.oneIn(10) { return "" }
        let scalars = Array(generator.pick(HostileValues.texts).unicodeScalars)
        guard !scalars.isEmpty else { return "" }
        let start = generator.below(scalars.count)
        var needle = ""
        needle.unicodeScalars.append(contentsOf: scalars[start..<min(scalars.count, start + 1 + generator.below(4))])
        switch generator.below(4) {
        case 0: return needle.uppercased()
        case 1: return needle.lowercased()
        default: return needle
        }
    }

    /// A value like those that are stored, so that there is something to find.
    static func value(of field: FieldSchema, _ generator: inout SeededGenerator, ids: Int) -> Value {
        switch field.type {
        case .bool: return .bool(generator.oneIn(2))
        case .int:
            switch field.name {
            case Zoo.CodingKeys.countMaybe.rawValue: return .int(Int64(generator.below(6)))
            case Zoo.CodingKeys.rank.rawValue, Zoo.CodingKeys.rankMaybe.rawValue:
                return .int(generator.pick([-1, 0, 3, 7, 8]))
            default: return .int(generator.pick(HostileValues.ints))
            }
        case .double:
            if field.name == Zoo.CodingKeys.single.rawValue || field.name == Zoo.CodingKeys.singleMaybe.rawValue {
                return .double(generator.oneIn(6) ? 0.1 : Double(generator.pick(HostileValues.floats)))
            }
            return .double(generator.pick(HostileValues.doubles))
        case .text:
            switch field.name {
            case Zoo.CodingKeys.id.rawValue: return .text(ZooAgreement.id(generator.below(max(1, ids + 2))))
            case Zoo.CodingKeys.mood.rawValue, Zoo.CodingKeys.moodMaybe.rawValue:
                return .text(generator.pick(Zoo.Mood.allCases.map(\.rawValue) + ["d"]))
            default: return .text(ZooMaker.text(&generator))
            }
        case .data: return .data(generator.pick(HostileValues.blobs))
        case .uuid: return .uuid(generator.pick(HostileValues.uuids))
        case .time:
            if field.name == Zoo.CodingKeys.date.rawValue || field.name == Zoo.CodingKeys.dateMaybe.rawValue,
                let time = try? Timestamp(generator.pick(HostileValues.dates))
            {
                return .time(time)
            }
            return .time(generator.pick(HostileValues.times))
        case .decimal: return .decimal(generator.pick(HostileValues.decimals))
        case .json: return .json("null")
        }
    }

    /// Up to four sort keys, perhaps one field twice.
    static func order(_ generator: inout SeededGenerator) -> [SortKey] {
        (0..<generator.pick([0, 0, 1, 1, 1, 2, 3, 4])).map { _ in
            SortKey(
                generator.pick(plain).name,
                generator.oneIn(2) ? .ascending : .descending,
                nils: generator.pick([nil, nil, .first, .last])
            )
        }
    }
}
