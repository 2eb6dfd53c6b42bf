#if Macros
import SwiftSyntax
import SwiftSyntaxBuilder

/// A stored property that is a field of the record.
struct StoredField {
    /// The declaration, for what the compiler offers to change.
    let declaration: VariableDeclSyntax
    /// The property's name as the program writes it, with backticks where it needs them, and without.
    let token: String
    let name: String
    let type: TypeSyntax
    let marks: [Mark: AttributeSyntax]
    /// The stored name, the literal that says it, and where it stands.
    let storedName: String
    let literal: String
    let nameNode: Syntax
    /// The literals of the keys that are secret; empty when the whole field is, nil when nothing is.
    let secretKeys: [String]?

    var isIdentifier: Bool { marks[.identifier] != nil }
    var isIndexed: Bool { marks[.indexed] != nil }
    var isUnique: Bool { marks[.unique] != nil }
    var isOptional: Bool { type.wrapped != nil }

    /// Reads a property; nil, with the reason noted, for one that no field can hold.
    init?(
        _ property: VariableDeclSyntax,
        _ binding: PatternBindingSyntax,
        _ type: TypeSyntax?,
        _ problems: inout Problems
    ) {
        guard let identifier = binding.pattern.as(IdentifierPatternSyntax.self)?.identifier else {
            problems.error("a field is one property: declare each by itself", at: binding.pattern)
            return nil
        }
        guard let type = Self.type(type, of: binding, &problems) else { return nil }
        declaration = property
        token = identifier.text
        name = identifier.identifier?.name ?? identifier.text
        self.type = type

        var marks: [Mark: AttributeSyntax] = [:]
        for case .attribute(let attribute) in property.attributes {
            guard let mark = Mark(attribute) else { continue }
            if marks.updateValue(attribute, forKey: mark) != nil {
                problems.error(
                    "@\(mark.rawValue) is there twice",
                    at: attribute,
                    property.removing(attribute).map {
                        .init("remove one @\(mark.rawValue)", replacing: property, with: $0)
                    }
                )
            }
        }
        self.marks = marks

        let given = marks[.fieldName]?.expressions.first
        let text = given?.literalText
        if let given, text == nil {
            problems.error("a field's name is a string literal without interpolation", at: given)
        }
        storedName = text ?? name
        literal = text == nil ? StringLiteralExprSyntax(content: name).description : given?.trimmedDescription ?? ""
        nameNode = given.map { Syntax($0) } ?? Syntax(binding.pattern)

        secretKeys = marks[.secret]?.expressions.map { key in
            if key.literalText == nil {
                problems.error("a secret key is a string literal without interpolation", at: key)
            }
            return key.trimmedDescription
        }
        check(&problems)
    }

    /// The type, if it is one that can be stored.
    private static func type(
        _ type: TypeSyntax?,
        of binding: PatternBindingSyntax,
        _ problems: inout Problems
    ) -> TypeSyntax? {
        guard let type else {
            var typed = binding
            typed.pattern.trailingTrivia = []
            let evident = binding.initializer?.value.evidentType
            if let evident {
                typed.typeAnnotation = TypeAnnotationSyntax(
                    colon: .colonToken(trailingTrivia: .space),
                    type: TypeSyntax("\(raw: evident)"),
                    trailingTrivia: .space
                )
            }
            problems.error(
                "a field needs a type: what a value is stored as follows from the property's type",
                at: binding.pattern,
                evident.map { .init("add `: \($0)`", replacing: binding, with: typed) }
            )
            return nil
        }
        if let forced = type.as(ImplicitlyUnwrappedOptionalTypeSyntax.self) {
            problems.error(
                "a field is optional or not: a stored record may have no value here",
                at: type,
                .init("make it optional", replacing: type, with: OptionalTypeSyntax(wrappedType: forced.wrappedType))
            )
            return nil
        }
        if let refusal = type.refusal {
            problems.error(refusal, at: type)
            return nil
        }
        return type.trimmed
    }

    private func check(_ problems: inout Problems) {
        let node = declaration.bindings.last?.typeAnnotation?.type ?? type
        if isIdentifier, let wrapped = node.wrapped {
            problems.error(
                "an identifier is never nil",
                at: node,
                .init("make it required", replacing: node, with: wrapped.with(\.trailingTrivia, node.trailingTrivia))
            )
        } else if isIdentifier, type.isPlain, !["String", "Int", "Int64", "UUID"].contains(type.lastName) {
            problems.error("an identifier is a String, an Int, an Int64, a UUID or a RecordKey of your own", at: node)
        }
        if type.isNested {
            for mark in [Mark.identifier, .indexed, .unique] {
                guard let attribute = marks[mark] else { continue }
                problems.error("a nested value, stored as JSON, cannot be \(mark.adjective)", at: attribute)
            }
        } else if let keys = marks[.secret], secretKeys?.isEmpty == false, type.isPlain {
            problems.error("only a nested value has keys: write @Secret alone", at: keys)
        }
        if isUnique, !isIdentifier, let attribute = marks[.indexed] {
            problems.warning(
                "@Indexed adds nothing: a unique field has an index",
                at: attribute,
                removal(of: attribute)
            )
        }
    }

    /// The change that takes an attribute away.
    func removal(of attribute: AttributeSyntax) -> Problems.Fix? {
        declaration.removing(attribute).map {
            Problems.Fix("remove \(attribute.trimmedDescription)", replacing: declaration, with: $0)
        }
    }

    /// The declaration with `@Identifier`.
    var identified: VariableDeclSyntax {
        var copy = declaration
        let leading = declaration.leadingTrivia
        copy.leadingTrivia = []
        copy.attributes.insert(
            .attribute("@Identifier").with(\.trailingTrivia, .space),
            at: copy.attributes.startIndex
        )
        copy.leadingTrivia = leading
        return copy
    }
}

extension Mark {
    /// What a field with the mark is.
    fileprivate var adjective: String { self == .identifier ? "an identifier" : rawValue.lowercased() }
}

extension AttributeSyntax {
    /// The arguments of a mark.
    fileprivate var expressions: [ExprSyntax] {
        guard case .argumentList(let arguments)? = arguments else { return [] }
        return arguments.map(\.expression)
    }
}

extension TypeSyntax {
    /// Whether it is surely stored as one value.
    fileprivate var isPlain: Bool {
        let plain = [
            "String", "Bool", "Int", "Int8", "Int16", "Int32", "Int64", "UInt", "UInt8", "UInt16", "UInt32", "UInt64",
            "Double", "Float", "Data", "UUID", "Date", "Timestamp", "Decimal",
        ]
        return (wrapped ?? self).lastName.map(plain.contains) ?? false
    }
}
#endif
