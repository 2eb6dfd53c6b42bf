#if Macros
import SwiftSyntax

/// Reads the members of a struct, one by one.
struct RecordMembers {
    private(set) var fields: [StoredField] = []
    private(set) var declaresID = false
    private(set) var declaresCodec = false
    /// What the struct does by hand that only Codable would call, and where.
    private var coding: [(what: String, node: TokenSyntax)] = []

    init(_ members: MemberBlockItemListSyntax, _ problems: inout Problems) {
        for member in members { read(member.decl, &problems) }
        // A codec of the struct's own may well go through Codable, wherever it stands.
        if declaresCodec { return }
        for (what, node) in coding {
            problems.error(
                "\(what) would not be called: the codec that @Record writes goes past Codable. "
                    + "Conform to StorageRecord by hand instead",
                at: node
            )
        }
    }

    private mutating func read(_ member: DeclSyntax, _ problems: inout Problems) {
        if let property = member.as(VariableDeclSyntax.self) { return read(property, &problems) }
        if let condition = member.as(IfConfigDeclSyntax.self) { return check(condition, &problems) }
        if let initializer = member.as(InitializerDeclSyntax.self) {
            let parameters = initializer.signature.parameterClause.parameters
            if parameters.count == 1, parameters.first?.firstName.text == "from",
                parameters.first?.type.lastDecoderName == "Decoder"
            {
                coding.append(("init(from:)", initializer.initKeyword))
            }
        } else if let function = member.as(FunctionDeclSyntax.self) {
            let parameters = function.signature.parameterClause.parameters
            if function.name.text == "encode", parameters.count == 1, parameters.first?.firstName.text == "to" {
                coding.append(("encode(to:)", function.name))
            }
        } else if let name = member.asProtocol((any NamedDeclSyntax).self)?.name {
            if name.text == "ID" { declaresID = true }
            if name.text == "CodingKeys" {
                problems.error("@Record writes the coding keys: rename a property with @FieldName", at: name)
            }
        }
    }

    /// The macro sees the text of every branch and cannot tell which one counts.
    private func check(_ condition: IfConfigDeclSyntax, _ problems: inout Problems) {
        for clause in condition.clauses {
            guard case .decls(let members)? = clause.elements else { continue }
            for member in members {
                if let inner = member.decl.as(IfConfigDeclSyntax.self) { check(inner, &problems) }
                guard let property = member.decl.as(VariableDeclSyntax.self), !property.isStatic,
                    property.bindings.contains(where: { !$0.isComputed })
                else { continue }
                problems.error("a field cannot depend on a condition of the build", at: clause.poundKeyword)
            }
        }
    }

    private mutating func read(_ property: VariableDeclSyntax, _ problems: inout Problems) {
        if property.isStatic { return readStatic(property, &problems) }
        if property.isConstantWithValue { return }
        for modifier in property.modifiers {
            switch modifier.name.text {
            case "lazy":
                problems.error("a lazy property cannot be stored: its value may not be there yet", at: modifier)
            case "weak", "unowned": problems.error("a reference cannot be stored", at: modifier)
            default: continue
            }
            return
        }
        // `var width, height: Int`: the type stands at the last one.
        var type: TypeSyntax?
        var found: [StoredField] = []
        for binding in property.bindings.reversed() {
            type = binding.typeAnnotation?.type ?? (binding.initializer == nil ? type : nil)
            if binding.isComputed { continue }
            if let field = StoredField(property, binding, type, &problems) { found.append(field) }
        }
        fields += found.reversed()
    }

    private mutating func readStatic(_ property: VariableDeclSyntax, _ problems: inout Problems) {
        for binding in property.bindings {
            switch binding.pattern.trimmedDescription {
            case "codec": declaresCodec = true
            case "fields": problems.error("@Record writes the fields: remove one of the two", at: binding.pattern)
            case "collection":
                problems.error("@Record writes the collection's name: remove one of the two", at: binding.pattern)
            default: break
            }
        }
    }
}

extension TypeSyntax {
    /// The last name of `Decoder`, `any Decoder` or `Swift.Decoder`.
    fileprivate var lastDecoderName: String? {
        (self.as(SomeOrAnyTypeSyntax.self)?.constraint ?? self).lastName
    }
}
#endif
