#if Macros
import SwiftParser
import SwiftSyntax

// What a declaration says, as far as its text tells.

extension VariableDeclSyntax {
    var isStatic: Bool { hasModifier("static") || hasModifier("class") }

    var isLet: Bool { bindingSpecifier.tokenKind == .keyword(.let) }

    /// Whether it is a `let` that no initializer can set.
    var isConstantWithValue: Bool { isLet && bindings.contains { $0.initializer != nil } }

    func hasModifier(_ name: String) -> Bool { modifiers.contains { $0.name.text == name } }

    /// The declaration without one of its attributes.
    func removing(_ attribute: AttributeSyntax) -> VariableDeclSyntax? {
        let text = attribute.trimmedDescription
        var copy = self
        guard let index = copy.attributes.firstIndex(where: { $0.trimmedDescription == text }) else { return nil }
        let leading = leadingTrivia
        copy.attributes.remove(at: index)
        copy.leadingTrivia = leading
        return copy
    }
}

extension PatternBindingSyntax {
    /// Whether it has a getter, and so no place of its own; observers leave it one.
    var isComputed: Bool {
        switch accessorBlock?.accessors {
        case nil: false
        case .getter: true
        case .accessors(let accessors):
            accessors.contains { !["willSet", "didSet"].contains($0.accessorSpecifier.text) }
        }
    }
}

extension TypeSyntax {
    /// The type's own name, without that of its module or of the type around it; nil when it has none.
    var lastName: String? {
        if let type = self.as(IdentifierTypeSyntax.self) { return type.name.text }
        if let type = self.as(MemberTypeSyntax.self) { return type.name.text }
        return nil
    }

    /// The type without parentheses.
    var unwrapped: TypeSyntax {
        guard let tuple = self.as(TupleTypeSyntax.self), tuple.elements.count == 1, let only = tuple.elements.first,
            only.firstName == nil
        else { return self }
        return only.type.unwrapped
    }

    /// What an optional type wraps; nil for another type.
    var wrapped: TypeSyntax? {
        if let optional = unwrapped.as(OptionalTypeSyntax.self) { return optional.wrappedType.unwrapped }
        guard unwrapped.lastName == "Optional" else { return nil }
        let arguments =
            unwrapped.as(IdentifierTypeSyntax.self)?.genericArgumentClause
            ?? unwrapped.as(MemberTypeSyntax.self)?.genericArgumentClause
        guard let first = arguments?.arguments.first?.argument, case .type(let type) = first else { return nil }
        return type.unwrapped
    }

    /// Whether it is surely stored as nested JSON.
    var isNested: Bool {
        let type = wrapped ?? unwrapped
        if type.is(ArrayTypeSyntax.self) || type.is(DictionaryTypeSyntax.self) { return true }
        return ["Array", "Dictionary", "Set"].contains(type.lastName)
    }

    /// Why no field can hold it; nil when one may.
    var refusal: String? {
        if let wrapped {
            return wrapped.wrapped == nil ? wrapped.refusal : "an optional of an optional has one nil too many"
        }
        let type = unwrapped
        if type.is(TupleTypeSyntax.self) { return "a tuple is not Codable; make it a struct" }
        if type.is(FunctionTypeSyntax.self) || type.is(AttributedTypeSyntax.self) {
            return "a function cannot be stored"
        }
        if type.is(SomeOrAnyTypeSyntax.self) || type.is(CompositionTypeSyntax.self) || type.lastName == "Any" {
            return "a type that is known only when the program runs cannot be stored; use an enum"
        }
        if type.is(MetatypeTypeSyntax.self) { return "a type cannot be stored" }
        return nil
    }
}

extension ExprSyntax {
    /// The value of a literal without interpolation; nil for anything else.
    var literalText: String? { self.as(StringLiteralExprSyntax.self)?.representedLiteralValue }

    /// The type that a literal or a call of an initializer has; nil when the text does not tell.
    var evidentType: String? {
        switch kind {
        case .integerLiteralExpr: return "Int"
        case .floatLiteralExpr: return "Double"
        case .booleanLiteralExpr: return "Bool"
        case .stringLiteralExpr: return "String"
        case .functionCallExpr: return self.as(FunctionCallExprSyntax.self)?.calledExpression.typeName
        case .memberAccessExpr: return self.as(MemberAccessExprSyntax.self)?.base?.typeName
        default: return nil
        }
    }

    private var typeName: String? {
        guard let name = self.as(DeclReferenceExprSyntax.self)?.baseName.text, name.first?.isUppercase == true else {
            return nil
        }
        return name
    }
}
#endif
