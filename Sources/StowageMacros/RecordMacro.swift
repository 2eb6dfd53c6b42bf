#if Macros
import SwiftSyntax
import SwiftSyntaxBuilder
import SwiftSyntaxMacros

/// `@Record`: an extension with the schema and the codec; in the struct itself, where every name that it uses can be
/// seen, the type of the identifier and the coding keys.
enum RecordMacro {}

extension RecordMacro: ExtensionMacro {
    /// The conformance to `StorageRecord`, and what it asks for.
    static func expansion(
        of node: AttributeSyntax,
        attachedTo declaration: some DeclGroupSyntax,
        providingExtensionsOf type: some TypeSyntaxProtocol,
        conformingTo protocols: [TypeSyntax],
        in context: some MacroExpansionContext
    ) throws -> [ExtensionDeclSyntax] {
        var problems = Problems()
        let record = RecordDescription(node, declaration, context.lexicalContext, &problems)
        // The one role that reports: the other one sees the same mistakes.
        problems.report(in: context)
        guard let record, !problems.areErrors else { return [] }
        let header =
            protocols.isEmpty ? "extension \(type.trimmed)" : "extension \(type.trimmed): Stowage.StorageRecord"
        let source: DeclSyntax = "\(raw: header) {\n\(raw: record.schemaAndCodec)\n}"
        return source.as(ExtensionDeclSyntax.self).map { [$0] } ?? []
    }
}

extension RecordMacro: MemberMacro {
    /// The type of the identifier and the coding keys.
    static func expansion(
        of node: AttributeSyntax,
        providingMembersOf declaration: some DeclGroupSyntax,
        conformingTo protocols: [TypeSyntax],
        in context: some MacroExpansionContext
    ) throws -> [DeclSyntax] {
        var problems = Problems()
        guard let record = RecordDescription(node, declaration, context.lexicalContext, &problems), !problems.areErrors
        else { return [] }
        return record.members.map { "\(raw: $0)" }
    }
}
#endif
