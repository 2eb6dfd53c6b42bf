internal import FoundationEssentials
internal import Stowage

/// A property of ``Specimen`` as data: how it is copied, assigned and written as Swift.
struct SpecimenProperty: Sendable {
    let name: String
    let column: String
    /// The type that queries compare with; nil for a nested one.
    let queried: String?
    let isOptional: Bool
    let copy: @Sendable (Specimen, inout Specimen) -> Void
    let assign: @Sendable (Specimen, inout RecordChanges<Specimen>) -> Void
    let isSet: @Sendable (Specimen) -> Bool
    let literal: @Sendable (Specimen) -> String

    private init<V: SwiftLiteral>(
        _ name: String,
        _ key: Specimen.CodingKeys,
        _ path: any WritableKeyPath<Specimen, V> & Sendable,
        queried: String? = nil,
        isOptional: Bool = true,
        assign: @escaping @Sendable (Specimen, inout RecordChanges<Specimen>) -> Void
    ) {
        self.name = name
        column = key.rawValue
        self.queried = queried
        self.isOptional = isOptional
        self.assign = assign
        copy = { $1[keyPath: path] = $0[keyPath: path] }
        let empty = Specimen(id: "")[keyPath: path].swiftLiteral
        isSet = { !TextOrder.equal($0[keyPath: path].swiftLiteral, empty) }
        literal = { $0[keyPath: path].swiftLiteral }
    }

    /// Every property but the id.
    static let all: [SpecimenProperty] = [
        SpecimenProperty("count", .count, \.count, queried: "Int", isOptional: false) { $1.count = $0.count },
        SpecimenProperty("size", .size, \.size, queried: "Int64") { $1.size = $0.size },
        SpecimenProperty("ratio", .ratio, \.ratio, queried: "Double") { $1.ratio = $0.ratio },
        SpecimenProperty("text", .text, \.text, queried: "String", isOptional: false) { $1.text = $0.text },
        SpecimenProperty("note", .note, \.note, queried: "String") { $1.note = $0.note },
        SpecimenProperty("email", .email, \.email, queried: "String") { $1.email = $0.email },
        SpecimenProperty("flag", .flag, \.flag, queried: "Bool") { $1.flag = $0.flag },
        SpecimenProperty("bytes", .bytes, \.bytes, queried: "Data") { $1.bytes = $0.bytes },
        SpecimenProperty("uuid", .uuid, \.uuid, queried: "UUID") { $1.uuid = $0.uuid },
        SpecimenProperty("date", .date, \.date, queried: "Date") { $1.date = $0.date },
        SpecimenProperty("time", .time, \.time, queried: "Timestamp") { $1.time = $0.time },
        SpecimenProperty("amount", .amount, \.amount, queried: "Decimal") { $1.amount = $0.amount },
        SpecimenProperty("mood", .mood, \.mood, queried: "Specimen.Mood") { $1.mood = $0.mood },
        SpecimenProperty("spot", .spot, \.spot) { $1.spot = $0.spot },
        SpecimenProperty("tags", .tags, \.tags, isOptional: false) { $1.tags = $0.tags },
    ]

    static func named(_ name: String) -> SpecimenProperty? { all.first { TextOrder.equal($0.name, name) } }

    /// The property of a column, by its bytes; nil for the id.
    static func of(column: String) -> SpecimenProperty? { all.first { TextOrder.equal($0.column, column) } }
}

/// New values for some properties of a record.
struct SpecimenChange: Sendable, Equatable, Codable {
    /// Where the values are.
    var values: Specimen
    /// The names of the properties that change.
    var properties: [String]

    func apply(_ changes: inout RecordChanges<Specimen>) {
        for name in properties { SpecimenProperty.named(name)?.assign(values, &changes) }
    }
}
