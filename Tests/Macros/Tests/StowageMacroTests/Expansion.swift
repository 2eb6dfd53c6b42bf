import SwiftSyntax
import SwiftSyntaxBuilder
import SwiftSyntaxMacroExpansion
import SwiftSyntaxMacros
import SwiftSyntaxMacrosGenericTestSupport
import Testing

@testable import StowageMacros

/// Every macro of the plugin, by the name that a program gives it.
private let macros: [String: MacroSpec] = [
    "Record": MacroSpec(type: RecordMacro.self, conformances: ["StorageRecord"]),
    "Identifier": MacroSpec(type: IdentifierMacro.self),
    "Indexed": MacroSpec(type: IndexedMacro.self),
    "Unique": MacroSpec(type: UniqueMacro.self),
    "Secret": MacroSpec(type: SecretMacro.self),
    "FieldName": MacroSpec(type: FieldNameMacro.self),
]

/// Expands the macros of a source text and compares what they make of it and what they say about it.
func expectExpansion(
    of source: String,
    is expanded: String? = nil,
    saying diagnostics: [DiagnosticSpec] = [],
    fixing fixes: [String]? = nil,
    into fixed: String? = nil,
    in location: Testing.SourceLocation = #_sourceLocation
) {
    assertMacroExpansion(
        source,
        expandedSource: expanded ?? source.withoutMarks,
        diagnostics: diagnostics,
        macroSpecs: macros,
        applyFixIts: fixes,
        fixedSource: fixed,
        indentationWidth: .spaces(4)
    ) { failure in
        Issue.record(
            Comment(rawValue: failure.message),
            sourceLocation: location
        )
    }
}

extension String {
    /// The text without the attributes of Stowage: what is left when nothing is written.
    fileprivate var withoutMarks: String {
        replacing(#/@(Record|Identifier|Indexed|Unique|Secret|FieldName)(\([^()]*\))?\s*/#, with: "")
    }
}
