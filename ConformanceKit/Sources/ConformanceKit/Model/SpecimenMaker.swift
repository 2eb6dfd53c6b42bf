internal import FoundationEssentials
internal import Stowage

/// Makes records, changes and queries of ``Specimen`` from a generator. Values are few, so that they collide.
enum SpecimenMaker {
    static let ids = ["a", "A", HostileValues.composed, HostileValues.decomposed, "", "a'b\"%_\\"]
    private static let emails = ["x", "X", "", HostileValues.composed, HostileValues.decomposed]
    private static let texts = [
        "", "a", "A", "ab", "aB", "%", "_", "\\", "a%b", "a_b", "a\\b", "'", "\"", "\n", HostileValues.composed,
        HostileValues.decomposed, "ß", "İ", "日本", "\u{ffff}", "😀", "a ", " a", "\u{7f}", "1", "10", "9",
    ]
    /// Refused everywhere (VAL-2).
    private static let refused = "a\u{0}b"
    private static let bytes = [Data(), Data([0]), Data([127]), Data([128]), Data([255, 0]), Data("a".utf8)]

    static func id(_ generator: inout SeededGenerator) -> String { generator.pick(ids) }

    static func record(_ generator: inout SeededGenerator) -> Specimen { record(id(&generator), &generator) }

    static func record(_ id: String, _ generator: inout SeededGenerator) -> Specimen {
        Specimen(
            id: id,
            count: generator.oneIn(3) ? Int(generator.pick(HostileValues.ints)) : generator.below(4),
            size: generator.maybe { $0.pick(HostileValues.ints) },
            ratio: generator.maybe { $0.pick(HostileValues.doubles) },
            text: generator.oneIn(60) ? refused : text(&generator),
            note: generator.maybe { text(&$0) },
            email: generator.maybe(nilOneIn: 2) { $0.pick(emails) },
            flag: generator.maybe { $0.oneIn(2) },
            bytes: generator.maybe { $0.pick(bytes) },
            uuid: generator.maybe { $0.pick(HostileValues.uuids) },
            date: generator.maybe { $0.pick(HostileValues.dates) },
            time: generator.maybe { $0.pick(HostileValues.times) },
            amount: generator.maybe { $0.pick(HostileValues.decimals) },
            mood: generator.maybe { $0.pick(Specimen.Mood.allCases) },
            spot: generator.maybe { spot(&$0) },
            tags: (0..<generator.below(3)).map { _ in text(&generator) }
        )
    }

    /// Records with ids that mostly differ.
    static func batch(_ generator: inout SeededGenerator) -> [Specimen] {
        var left = ids.shuffled(using: &generator)
        return (0..<generator.below(5)).map { _ in
            record(generator.oneIn(8) ? id(&generator) : left.popLast() ?? "a", &generator)
        }
    }

    /// New values for one to three properties; nil where the record drawn has nil.
    static func change(_ generator: inout SeededGenerator) -> SpecimenChange {
        let names = SpecimenProperty.all.map(\.name).shuffled(using: &generator)
        let count = generator.oneIn(20) ? 0 : 1 + generator.below(3)
        return SpecimenChange(values: record("", &generator), properties: Array(names.prefix(count)))
    }

    static func state(_ generator: inout SeededGenerator) -> SpecimenState {
        SpecimenState(
            specimens: batch(&generator),
            baseDir: generator.maybe { text(&$0) },
            generation: generator.maybe { $0.pick(HostileValues.ints) }
        )
    }

    private static func text(_ generator: inout SeededGenerator) -> String { generator.pick(texts) }

    private static func spot(_ generator: inout SeededGenerator) -> Specimen.Spot {
        Specimen.Spot(
            x: generator.pick(HostileValues.doubles),
            y: generator.maybe { $0.pick(HostileValues.ints) },
            name: text(&generator)
        )
    }

    // MARK: Queries

    private static let queried = SpecimenProperty.all.filter { $0.queried != nil }
    private static let optional = SpecimenProperty.all.filter(\.isOptional)

    /// A query, perhaps cut; rarely by a negative number (QRY-4).
    static func query(_ generator: inout SeededGenerator) throws -> Query<Specimen> {
        try Query(
            predicate(&generator, depth: generator.below(4)),
            order: order(&generator),
            limit: generator.oneIn(3) ? generator.pick([0, 1, 2, 3, 5, -1]) : nil,
            offset: generator.oneIn(5) ? generator.pick([1, 2, 7, -1]) : 0
        )
    }

    /// A condition with an order, as pages, streams and mass writes take it.
    static func uncut(_ generator: inout SeededGenerator) throws -> Query<Specimen> {
        try Query(predicate(&generator, depth: generator.below(3)), order: order(&generator))
    }

    private static func order(_ generator: inout SeededGenerator) -> [SortKey] {
        (0..<generator.pick([0, 0, 1, 1, 2, 3])).map { _ in
            SortKey(
                generator.oneIn(8) ? Specimen.CodingKeys.id.rawValue : generator.pick(queried).column,
                generator.oneIn(2) ? .ascending : .descending,
                nils: generator.pick([nil, nil, .first, .last])
            )
        }
    }

    private static func predicate(_ generator: inout SeededGenerator, depth: Int) -> QueryPredicate {
        if depth > 0 {
            let parts = (0..<generator.pick([0, 1, 2, 2, 2, 3])).map { _ in predicate(&generator, depth: depth - 1) }
            switch generator.below(6) {
            case 0, 1: return .and(parts)
            case 2, 3: return .or(parts)
            case 4: return .not(predicate(&generator, depth: depth - 1))
            default: break
            }
        }
        switch generator.below(12) {
        case 0: return generator.pick([.all, .none])
        case 1: return .isNil(field: generator.pick(optional).column)
        case 2: return .isNotNil(field: generator.pick(optional).column)
        case 3, 4:
            return .text(
                field: generator.pick(["text", "note", "email"].compactMap(SpecimenProperty.named)).column,
                generator.pick(QueryPredicate.TextMatch.allCases),
                needle: text(&generator),
                ignoringASCIICase: generator.oneIn(2)
            )
        case 5, 6:
            let property = generator.pick(queried)
            let values = (0..<generator.pick([0, 1, 2, 4])).map { _ in value(of: property, &generator) }
            return .member(field: property.column, isIn: generator.oneIn(2), values)
        case 7:
            return .compare(
                field: Specimen.CodingKeys.id.rawValue,
                generator.pick(QueryPredicate.Comparison.allCases),
                .text(id(&generator))
            )
        default:
            let property = generator.pick(queried)
            return .compare(
                field: property.column,
                generator.pick(QueryPredicate.Comparison.allCases),
                value(of: property, &generator)
            )
        }
    }

    /// A value as records have it.
    private static func value(of property: SpecimenProperty, _ generator: inout SeededGenerator) -> Value {
        switch property.name {
        case "count": .int(generator.oneIn(3) ? generator.pick(HostileValues.ints) : Int64(generator.below(4)))
        case "size": .int(generator.pick(HostileValues.ints))
        case "ratio": .double(generator.pick(HostileValues.doubles))
        case "email": .text(generator.pick(emails))
        case "flag": .bool(generator.oneIn(2))
        case "bytes": .data(generator.pick(bytes))
        case "uuid": .uuid(generator.pick(HostileValues.uuids))
        case "date": .time((try? Timestamp(generator.pick(HostileValues.dates))) ?? .min)
        case "time": .time(generator.pick(HostileValues.times))
        case "amount": .decimal(generator.pick(HostileValues.decimals))
        case "mood": .text(generator.pick(Specimen.Mood.allCases).rawValue)
        default: .text(text(&generator))
        }
    }
}
