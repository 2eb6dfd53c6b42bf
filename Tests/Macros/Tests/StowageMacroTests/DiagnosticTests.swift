import SwiftSyntaxMacrosGenericTestSupport
import Testing

/// What is refused, where, and what the compiler offers instead.
@Suite struct DiagnosticTests {
    private func refuses(
        _ members: String,
        _ message: String,
        line: Int = 2,
        column: Int = 9,
        fix: String? = nil,
        into fixed: String? = nil,
        in location: Testing.SourceLocation = #_sourceLocation
    ) {
        func source(_ members: String) -> String {
            let lines = members.split(separator: "\n", omittingEmptySubsequences: false).map { "    \($0)" }
            return "@Record(\"notes\") struct Note {\n\(lines.joined(separator: "\n"))\n}"
        }
        expectExpansion(
            of: source(members),
            saying: [
                DiagnosticSpec(
                    message: message,
                    line: line,
                    column: column,
                    fixIts: fix.map { [FixItSpec(message: $0)] } ?? []
                )
            ],
            fixing: fix.map { [$0] },
            into: fixed.map(source),
            in: location
        )
    }

    // MARK: The type

    @Test(arguments: [("class Note", 18), ("enum Note", 18), ("actor Note", 18), ("final class Note", 24)])
    func onlyAStruct(_ declaration: String, column: Int) {
        expectExpansion(
            of: "@Record(\"notes\") \(declaration) {\n}",
            saying: [
                DiagnosticSpec(
                    message:
                        "@Record describes a struct: a record is a value, and its stored properties are its fields",
                    line: 1,
                    column: column
                )
            ]
        )
    }

    @Test func noGenericStruct() {
        expectExpansion(
            of: "@Record(\"notes\") struct Note<Content: Codable & Sendable> {\n    @Identifier var id: String\n}",
            saying: [
                DiagnosticSpec(
                    message: "@Record cannot describe a generic struct: its types would all have one collection",
                    line: 1,
                    column: 29
                )
            ]
        )
    }

    @Test(arguments: [
        ("name", "the collection's name is a string literal without interpolation"),
        (#""notes\(1)""#, "the collection's name is a string literal without interpolation"),
        (#""""#, "the collection's name is empty"),
        (#""a\u{0}b""#, "the collection's name has U+0000 in it"),
        (#""_Stowage_notes""#, "the collection's name begins with _stowage, which is reserved"),
        (#""SQLite_notes""#, "the collection's name begins with sqlite_, which SQLite reserves"),
        ("\"\(String(repeating: "é", count: 32))\"", "the collection's name has 64 bytes; at most 63 are kept"),
    ])
    func theCollectionsName(_ name: String, _ message: String) {
        let body = "struct Note {\n    @Identifier var id: String\n}"
        expectExpansion(
            of: "@Record(\(name)) \(body)",
            is: "struct Note {\n    var id: String\n}",
            saying: [DiagnosticSpec(message: message, line: 1, column: 9)]
        )
    }

    // MARK: The identifier

    @Test func noIdentifier() {
        expectExpansion(
            of: "@Record(\"notes\") struct Note {\n    var title: String\n}",
            saying: [
                DiagnosticSpec(
                    message: "a record needs an identifier: mark a property with @Identifier",
                    line: 1,
                    column: 25
                )
            ]
        )
        expectExpansion(
            of: "@Record(\"notes\") struct Note {\n    /// Its name.\n    public var id: String\n}",
            saying: [
                DiagnosticSpec(
                    message: "a record needs an identifier: mark a property with @Identifier",
                    line: 1,
                    column: 25,
                    fixIts: [FixItSpec(message: "mark `id` with @Identifier")]
                )
            ],
            fixing: ["mark `id` with @Identifier"],
            into: "@Record(\"notes\") struct Note {\n    /// Its name.\n    @Identifier public var id: String\n}"
        )
    }

    @Test func twoIdentifiersSayThatTheyAreAKey() {
        refuses(
            "@Identifier var tenant: String\n@Identifier var number: Int",
            "two identifiers are a composite key: say so with `typealias ID = CompositeKey<String, Int>`",
            line: 3,
            column: 5,
            fix: "add `typealias ID = CompositeKey<String, Int>`",
            into:
                "typealias ID = CompositeKey<String, Int>\n@Identifier var tenant: String\n@Identifier var number: Int"
        )
        refuses(
            "typealias ID = CompositeKey<String, Int>\n@Identifier var a: String\n@Identifier var b: Int\n@Identifier var c: Int",
            "a composite key has two identifiers",
            line: 5,
            column: 5
        )
    }

    @Test func anIdentifierIsRequired() {
        refuses(
            "@Identifier var id: String?",
            "an identifier is never nil",
            column: 25,
            fix: "make it required",
            into: "@Identifier var id: String"
        )
        refuses(
            "@Identifier var id: Foundation.Date",
            "an identifier is a String, an Int, an Int64, a UUID or a RecordKey of your own",
            column: 25
        )
        refuses("@Identifier var id: [String]", "a nested value, stored as JSON, cannot be an identifier", column: 5)
    }

    // MARK: Properties

    @Test(arguments: [
        ("0", "Int"), ("-1.5", nil), ("1.5", "Double"), ("\"\"", "String"), ("true", "Bool"), ("Date()", "Date"),
        ("Status.open", "Status"), ("[]", nil), ("make()", nil),
    ])
    func aPropertyHasAType(_ value: String, _ type: String?) {
        refuses(
            "@Identifier var id: String\nvar other = \(value)",
            "a field needs a type: what a value is stored as follows from the property's type",
            line: 3,
            fix: type.map { "add `: \($0)`" },
            into: type.map { "@Identifier var id: String\nvar other: \($0) = \(value)" }
        )
    }

    @Test(arguments: [
        ("(Int, Int)", "a tuple is not Codable; make it a struct"),
        ("() -> Void", "a function cannot be stored"),
        ("(@Sendable () -> Void)?", "a function cannot be stored"),
        ("any Codable", "a type that is known only when the program runs cannot be stored; use an enum"),
        ("Codable & Sendable", "a type that is known only when the program runs cannot be stored; use an enum"),
        ("Any?", "a type that is known only when the program runs cannot be stored; use an enum"),
        ("Int.Type", "a type cannot be stored"),
        ("String??", "an optional of an optional has one nil too many"),
        ("Optional<String?>", "an optional of an optional has one nil too many"),
    ])
    func typesThatCannotBeStored(_ type: String, _ message: String) {
        refuses("@Identifier var id: String\nvar other: \(type)", message, line: 3, column: 16)
    }

    @Test func propertiesThatAreNoFields() {
        let id = "@Identifier var id: String\n"
        refuses(
            id + "lazy var size: Int = 1",
            "a lazy property cannot be stored: its value may not be there yet",
            line: 3,
            column: 5
        )
        refuses(id + "weak var owner: Owner?", "a reference cannot be stored", line: 3, column: 5)
        refuses(id + "var (a, b): (Int, Int)", "a field is one property: declare each by itself", line: 3)
        refuses(
            id + "var size: Int!",
            "a field is optional or not: a stored record may have no value here",
            line: 3,
            column: 15,
            fix: "make it optional",
            into: id + "var size: Int?"
        )
        refuses(
            id + "#if DEBUG\nvar trace: String?\n#endif",
            "a field cannot depend on a condition of the build",
            line: 3,
            column: 5
        )
    }

    // MARK: Names

    @Test func fieldNames() {
        let id = "@Identifier var id: String\n"
        let literal = "a field's name is a string literal without interpolation"
        refuses(id + "@FieldName(name) var a: Int", literal, line: 3, column: 16)
        refuses(id + #"@FieldName("") var a: Int"#, "the field's name is empty", line: 3, column: 16)
        refuses(id + "var Xmin: Int", "the field's name is the name of a Postgres system column", line: 3)
        refuses(
            id + "@FieldName(\"_stowage_x\") var a: Int",
            "the field's name begins with _stowage, which is reserved",
            line: 3,
            column: 16
        )
        refuses(id + "var ID: Int", "the name ID is there, as a name with other ASCII capitals", line: 3)
        refuses(id + "@FieldName(\"id\") var a: Int", "the name id is there, a field already", line: 3, column: 16)
        refuses(
            id + "@Secret(key) var a: Login",
            "a secret key is a string literal without interpolation",
            line: 3,
            column: 13
        )
        refuses(
            id + "@Secret(\"a\") var a: String?",
            "only a nested value has keys: write @Secret alone",
            line: 3,
            column: 5
        )
    }

    // MARK: Marks

    @Test func marksThatContradict() {
        let id = "@Identifier var id: String\n"
        refuses(
            id + "@Indexed var tags: [String]",
            "a nested value, stored as JSON, cannot be indexed",
            line: 3,
            column: 5
        )
        refuses(
            id + "@Unique var tags: Set<Int>?",
            "a nested value, stored as JSON, cannot be unique",
            line: 3,
            column: 5
        )
        refuses(
            id + "@Indexed @Indexed var a: Int",
            "@Indexed is there twice",
            line: 3,
            column: 14,
            fix: "remove one @Indexed",
            into: id + "@Indexed var a: Int"
        )
    }

    @Test(arguments: [
        ("static var limit: Int = 5", "a static property is no field of a record"),
        ("var isOpen: Bool { true }", "a computed property is no field of a record"),
        ("let kind: String = \"note\"", "a `let` that has its value already is no field of a record"),
    ])
    func marksOnNoField(_ property: String, _ reason: String) {
        let fixed = "struct Note {\n    @Identifier var id: String\n    \(property)\n}"
        expectExpansion(
            of: "@Record(name) struct Note {\n    @Identifier var id: String\n    @Indexed \(property)\n}",
            is: "struct Note {\n    var id: String\n    \(property)\n}",
            saying: [
                DiagnosticSpec(
                    message: "@Indexed has no meaning here: \(reason)",
                    line: 3,
                    column: 5,
                    fixIts: [FixItSpec(message: "remove @Indexed")]
                ),
                DiagnosticSpec(
                    message: "the collection's name is a string literal without interpolation",
                    line: 1,
                    column: 9
                ),
            ],
            fixing: ["remove @Indexed"],
            into: "@Record(name) " + fixed
        )
    }

    @Test func marksOutsideARecord() {
        expectExpansion(
            of: "struct Note {\n    @Unique var title: String\n}",
            saying: [
                DiagnosticSpec(
                    message: "@Unique has no meaning outside a struct with @Record",
                    line: 2,
                    column: 5,
                    fixIts: [FixItSpec(message: "remove @Unique")]
                )
            ]
        )
        expectExpansion(
            of: "@Secret func read() {\n}",
            saying: [DiagnosticSpec(message: "@Secret marks a property of a @Record", line: 1, column: 1)]
        )
    }

    // MARK: Members that are there already

    @Test(arguments: [
        ("enum CodingKeys: String, CodingKey {\n}", 10, "the coding keys: rename a property with @FieldName"),
        ("static let collection: String = \"notes\"", 16, "the collection's name: remove one of the two"),
        ("static let fields: [Field<Note>] = []", 16, "the fields: remove one of the two"),
    ])
    func membersThatAreWritten(_ member: String, column: Int, _ message: String) {
        refuses("@Identifier var id: String\n\(member)", "@Record writes \(message)", line: 3, column: column)
    }

    @Test func codingByHandWouldNotBeUsed() {
        let rest =
            " would not be called: the codec that @Record writes goes past Codable. "
            + "Conform to StorageRecord by hand instead"
        let id = "@Identifier var id: String\n"
        refuses(id + "init(from decoder: any Decoder) throws {\n}", "init(from:)" + rest, line: 3, column: 5)
        refuses(id + "func encode(to encoder: any Encoder) throws {\n}", "encode(to:)" + rest, line: 3, column: 10)
    }
}
