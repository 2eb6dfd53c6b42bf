#if Macros
import SwiftSyntax
import SwiftSyntaxMacros

/// An attribute of a property that `@Record` reads.
enum Mark: String, CaseIterable {
    case identifier = "Identifier"
    case indexed = "Indexed"
    case unique = "Unique"
    case secret = "Secret"
    case fieldName = "FieldName"

    /// The mark that an attribute is, by its name with or without its module's.
    init?(_ attribute: AttributeSyntax) {
        guard let name = attribute.attributeName.lastName else { return nil }
        self.init(rawValue: name)
    }
}

/// A macro that writes nothing itself: `@Record` reads it where it stands, and this says where it may not stand.
protocol MarkMacro: PeerMacro {}

extension MarkMacro {
    /// Nothing, or what is wrong with the place.
    static func expansion(
        of node: AttributeSyntax,
        providingPeersOf declaration: some DeclSyntaxProtocol,
        in context: some MacroExpansionContext
    ) throws -> [DeclSyntax] {
        var problems = Problems()
        if let problem = misplacement(of: node, on: declaration, in: context.lexicalContext) {
            let name = "@\(node.attributeName.trimmedDescription)"
            problems.error("\(name) \(problem)", at: node, removal(of: node, named: name, from: declaration))
        }
        problems.report(in: context)
        return []
    }

    private static func misplacement(
        of node: AttributeSyntax,
        on declaration: some DeclSyntaxProtocol,
        in lexicalContext: [Syntax]
    ) -> String? {
        guard let property = declaration.as(VariableDeclSyntax.self) else { return "marks a property of a @Record" }
        guard let group = lexicalContext.first?.asProtocol((any WithAttributesSyntax).self),
            group.attributes.contains(where: { $0.as(AttributeSyntax.self)?.attributeName.lastName == "Record" })
        else { return "has no meaning outside a struct with @Record" }
        if property.isStatic { return "has no meaning here: a static property is no field of a record" }
        if property.bindings.contains(where: \.isComputed) {
            return "has no meaning here: a computed property is no field of a record"
        }
        if property.isConstantWithValue {
            return "has no meaning here: a `let` that has its value already is no field of a record"
        }
        return nil
    }

    private static func removal(
        of node: AttributeSyntax,
        named name: String,
        from declaration: some DeclSyntaxProtocol
    ) -> Problems.Fix? {
        guard let property = declaration.as(VariableDeclSyntax.self) else { return nil }
        return property.removing(node).map { Problems.Fix("remove \(name)", replacing: property, with: $0) }
    }
}

/// `@Identifier`.
enum IdentifierMacro: MarkMacro {}
/// `@Indexed`.
enum IndexedMacro: MarkMacro {}
/// `@Unique`.
enum UniqueMacro: MarkMacro {}
/// `@Secret`.
enum SecretMacro: MarkMacro {}
/// `@FieldName`.
enum FieldNameMacro: MarkMacro {}
#endif
