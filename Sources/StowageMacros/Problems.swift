#if Macros
import SwiftDiagnostics
import SwiftSyntax
import SwiftSyntaxMacros

/// What is wrong with a record's declaration, each at its place, gathered so that one compilation shows all.
struct Problems {
    private var found: [Diagnostic] = []

    /// Whether nothing can be written.
    var areErrors: Bool { found.contains { $0.diagMessage.severity == .error } }

    mutating func error(_ message: String, at node: some SyntaxProtocol, _ fix: Fix? = nil) {
        add(message, .error, node, fix)
    }

    mutating func warning(_ message: String, at node: some SyntaxProtocol, _ fix: Fix? = nil) {
        add(message, .warning, node, fix)
    }

    private mutating func add(
        _ message: String,
        _ severity: DiagnosticSeverity,
        _ node: some SyntaxProtocol,
        _ fix: Fix?
    ) {
        found.append(
            Diagnostic(
                node: node,
                message: Message(message: message, severity: severity),
                fixIts: fix.map {
                    [FixIt(message: Message(message: $0.title, severity: severity), changes: [$0.change])]
                }
                    ?? []
            )
        )
    }

    func report(in context: some MacroExpansionContext) { for one in found { context.diagnose(one) } }

    /// A change that the compiler offers to make.
    struct Fix {
        let title: String
        let change: FixIt.Change

        init(_ title: String, replacing old: some SyntaxProtocol, with new: some SyntaxProtocol) {
            self.title = title
            change = .replace(oldNode: Syntax(old), newNode: Syntax(new))
        }
    }

    private struct Message: DiagnosticMessage, FixItMessage {
        let message: String
        let severity: DiagnosticSeverity
        var diagnosticID: MessageID { MessageID(domain: "Stowage", id: message) }
        var fixItID: MessageID { diagnosticID }
    }
}
#endif
