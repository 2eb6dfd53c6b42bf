#if Macros
import SwiftCompilerPlugin
import SwiftSyntaxMacros

/// What the compiler runs to expand the macros of Stowage.
@main
struct StowagePlugin: CompilerPlugin {
    let providingMacros: [any Macro.Type] = [
        RecordMacro.self, IdentifierMacro.self, IndexedMacro.self, UniqueMacro.self, SecretMacro.self,
        FieldNameMacro.self,
    ]
}
#else
/// Nothing: the trait is off, and no module declares a macro.
@main
struct StowagePlugin {
    static func main() {}
}
#endif
