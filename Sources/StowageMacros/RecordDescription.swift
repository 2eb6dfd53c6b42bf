#if Macros
import SwiftSyntax
import SwiftSyntaxBuilder

/// What `@Record` knows of a struct from its text.
struct RecordDescription {
    /// The literal of the collection's name.
    let collection: String
    /// What stands before the members that are written: `public `, `package ` or nothing.
    let access: String
    let fields: [StoredField]
    /// Whether the struct says itself what its identifier's type is.
    let declaresID: Bool
    /// Whether the struct has a codec of its own.
    let declaresCodec: Bool

    /// Reads a declaration; nil when it is none that has fields. Even then, everything that is wrong is noted.
    init?(
        _ attribute: AttributeSyntax,
        _ declaration: some DeclGroupSyntax,
        _ lexicalContext: [Syntax],
        _ problems: inout Problems
    ) {
        guard let structure = declaration.as(StructDeclSyntax.self) else {
            problems.error(
                "@Record describes a struct: a record is a value, and its stored properties are its fields",
                at: declaration.introducer
            )
            return nil
        }
        if let generics = structure.genericParameterClause {
            problems.error(
                "@Record cannot describe a generic struct: its types would all have one collection",
                at: generics
            )
        }
        collection = Self.collection(attribute, &problems)
        access = Self.access(structure, lexicalContext)

        let members = RecordMembers(structure.memberBlock.members, &problems)
        fields = members.fields
        declaresID = members.declaresID
        declaresCodec = members.declaresCodec
        checkNames(&problems)
        checkIdentifiers(structure, &problems)
    }

    private static func collection(_ attribute: AttributeSyntax, _ problems: inout Problems) -> String {
        guard case .argumentList(let arguments)? = attribute.arguments, let name = arguments.first?.expression else {
            // The compiler itself says that the argument is missing.
            return ""
        }
        guard let text = name.literalText else {
            problems.error("the collection's name is a string literal without interpolation", at: name)
            return ""
        }
        if let problem = StoredNames.problem(withCollection: text) {
            problems.error("the collection's name \(problem)", at: name)
        }
        return name.trimmedDescription
    }

    /// What the struct and the types around it, or the extension around it, say of its access.
    ///
    /// An extension gives its members no more than the type's own word, whatever the types around that allow: a public
    /// struct inside an internal type gets internal members.
    private static func access(_ structure: StructDeclSyntax, _ lexicalContext: [Syntax]) -> String {
        let levels = ["public", "package"]
        func level(_ declaration: some WithModifiersSyntax) -> String? {
            declaration.modifiers.map(\.name.text).first(
                where: (levels + ["internal", "fileprivate", "private"]).contains
            )
        }
        var narrowest = level(structure)
        for context in lexicalContext {
            if let surroundings = context.as(ExtensionDeclSyntax.self) {
                narrowest = narrowest ?? level(surroundings)
                break
            }
            guard let type = context.asProtocol((any WithModifiersSyntax).self) else { continue }
            let outer = level(type)
            if outer != "public", narrowest == "public" || outer != "package" { narrowest = outer }
        }
        return narrowest.map { levels.contains($0) ? "\($0) " : "" } ?? ""
    }

    private func checkNames(_ problems: inout Problems) {
        var seen: [String: String] = [:]
        for field in fields {
            if let problem = StoredNames.problem(withField: field.storedName) {
                problems.error("the field's name \(problem)", at: field.nameNode)
            }
            if let other = seen.updateValue(field.storedName, forKey: StoredNames.folded(field.storedName)) {
                let difference = other == field.storedName ? "a field already" : "as a name with other ASCII capitals"
                problems.error("the name \(field.storedName) is there, \(difference)", at: field.nameNode)
            }
        }
    }

    private func checkIdentifiers(_ structure: StructDeclSyntax, _ problems: inout Problems) {
        let identifiers = fields.filter(\.isIdentifier)
        if identifiers.count == 1 {
            for mark in [Mark.indexed, .unique] {
                guard let attribute = identifiers[0].marks[mark] else { continue }
                problems.warning(
                    "@\(mark.rawValue) adds nothing: an identifier is unique and has an index",
                    at: attribute,
                    identifiers[0].removal(of: attribute)
                )
            }
        }
        switch identifiers.count {
        case 0:
            let obvious = fields.first { $0.name == "id" && !$0.isOptional && !$0.type.isNested }
            problems.error(
                "a record needs an identifier: mark a property with @Identifier",
                at: structure.name,
                obvious.map { .init("mark `id` with @Identifier", replacing: $0.declaration, with: $0.identified) }
            )
        case 1: break
        case 2 where declaresID: break
        case 2:
            let types = identifiers.map { $0.type.trimmedDescription }.joined(separator: ", ")
            problems.error(
                "two identifiers are a composite key: say so with `typealias ID = CompositeKey<\(types)>`",
                at: identifiers[1].marks[.identifier].map(Syntax.init) ?? Syntax(structure.name),
                .init(
                    "add `typealias ID = CompositeKey<\(types)>`",
                    replacing: structure.memberBlock,
                    with: structure.memberBlock.beginning(with: "\(access)typealias ID = CompositeKey<\(types)>")
                )
            )
        default:
            problems.error(
                "a composite key has two identifiers",
                at: identifiers[2].marks[.identifier].map(Syntax.init) ?? Syntax(structure.name)
            )
        }
    }
}

extension MemberBlockSyntax {
    /// The block with a line before all others, indented as the first of them.
    fileprivate func beginning(with line: String) -> MemberBlockSyntax {
        let indentation = members.first?.leadingTrivia ?? .newline
        var copy = self
        let member = MemberBlockItemSyntax(leadingTrivia: indentation, decl: DeclSyntax("\(raw: line)"))
        copy.members.insert(member, at: copy.members.startIndex)
        return copy
    }
}
#endif
