internal import FoundationEssentials
internal import Stowage

// A program as Swift that reproduces it.
extension ModelProgram {
    /// The source of a function that runs the program and returns its answers; it compiles beside the kit.
    ///
    /// - Parameters:
    ///   - name: The function's name.
    ///   - comment: What stands above it, a line each.
    func swift(_ name: String = "reproduce", comment: [String] = []) -> String {
        var printer = ModelPrinter()
        for step in steps { printer.add(step) }
        let slots = printer.slots.sorted().map { "    var revision\($0): Revision?" }
        let usesReopen = steps.contains(.reopen)
        let body =
            [
                "// swift-format-ignore-file", "import ConformanceKit", "import Foundation", "import Stowage", "",
            ] + comment.map { "// " + $0 } + [
                "func \(name)(_ open: () throws -> StorageDatabase) async throws -> [String] {",
                "    let log = ProgramLog()",
                "    \(usesReopen ? "var" : "let") specimens = try await Specimen.storage(of: open())",
            ] + slots + printer.lines + [
                "    await log.content(specimens)", "    try await specimens.close()", "    return log.lines", "}", "",
            ]
        return body.joined(separator: "\n")
    }
}

/// Writes steps as statements.
private struct ModelPrinter {
    var lines: [String] = []
    var slots: Set<Int> = []
    private var indent = "    "

    init() {}

    mutating func add(_ step: ModelStep) {
        switch step {
        case .reopen:
            line("try await specimens.close()")
            line("specimens = try await Specimen.storage(of: open())")
        case .createMany(let records): add("try await specimens.createMany(\(records.swiftLiteral))", records.count)
        case .upsertMany(let records): add("try await specimens.upsertMany(\(records.swiftLiteral))", records.count)
        case .writeState(let state): add("try await specimens.writeState(\(state.swiftLiteral))", state.specimens.count)
        case .read(let id, let slot):
            slots.insert(slot)
            line("revision\(slot) = await log.revision { try await specimens.getVersioned(\(id.swiftLiteral)) }")
        case .transaction(let steps, let commits, let isReadOnly):
            line("await log.note {")
            line(
                "    try await specimens.transaction(\(isReadOnly ? ".readOnly" : ".readWrite")) { specimens -> String in"
            )
            let outer = indent
            indent += "        "
            for step in steps { add(step) }
            line(commits ? "return \"committed\"" : "throw ProgramLog.RolledBack()")
            indent = outer
            line("    }")
            line("}")
        case .updateAll: line("await log.note(namingRecord: false) { try await specimens.\(call(step)) }")
        default: line("await log.note { try await specimens.\(call(step)) }")
        }
    }

    private mutating func line(_ text: String) { lines.append(indent + text) }

    /// A call that returns nothing.
    private mutating func add(_ call: String, _ count: Int) {
        line("await log.note {")
        line("    " + call)
        line("    return \(count)")
        line("}")
    }

    private mutating func call(_ step: ModelStep) -> String {
        switch step {
        case .create(let record): return "create(\(record.swiftLiteral))"
        case .createIfAbsent(let record): return "createIfAbsent(\(record.swiftLiteral))"
        case .upsert(let record): return "upsert(\(record.swiftLiteral))"
        case .update(let id, let change): return "update(\(id.swiftLiteral)) \(change.swiftLiteral)"
        case .delete(let id): return "delete(\(id.swiftLiteral))"
        case .updateAll(let query, let change): return "updateAll(\(query.swiftLiteral)) \(change.swiftLiteral)"
        case .deleteAll(let query): return "deleteAll(\(query.swiftLiteral))"
        case .get(let id): return "get(\(id.swiftLiteral))"
        case .getMany(let ids): return "get(\(ids.swiftLiteral) as [String])"
        case .exists(let id): return "exists(\(id.swiftLiteral))"
        case .fetch(let query): return "fetch(\(query.swiftLiteral))"
        case .first(let query): return "first(\(query.swiftLiteral))"
        case .count(let query): return "count(\(query.swiftLiteral))"
        case .existsAny(let query): return "exists(\(query.swiftLiteral))"
        case .pages(let query, let size): return "allPages(\(query.swiftLiteral), of: \(size))"
        case .stream(let query, let count): return "streamed(\(query.swiftLiteral), atMost: \(count))"
        case .readState: return "readState()"
        case .updateIf(let id, let slot, let change):
            slots.insert(slot)
            return "update(\(id.swiftLiteral), ifRevision: revision\(slot)) \(change.swiftLiteral)"
        case .upsertIf(let record, let slot):
            slots.insert(slot)
            return "upsert(\(record.swiftLiteral), ifRevision: revision\(slot))"
        case .deleteIf(let id, let slot):
            slots.insert(slot)
            return "delete(\(id.swiftLiteral), ifRevision: revision\(slot))"
        case .createMany, .upsertMany, .writeState, .read, .transaction, .reopen: return ""
        }
    }
}

extension SpecimenChange: SwiftLiteral {
    /// The closure of an update.
    var swiftLiteral: String {
        let assignments = properties.compactMap(SpecimenProperty.named).map { "$0.\($0.name) = \($0.literal(values))" }
        return assignments.isEmpty ? "{ _ in }" : "{ \(assignments.joined(separator: "; ")) }"
    }
}

extension Query<Specimen>: SwiftLiteral {
    /// The query as it would be written.
    var swiftLiteral: String {
        var text = "Query<Specimen>.all"
        if predicate != .all { text += ".where { \(predicate.swiftCondition) }" }
        for key in order {
            let name = SpecimenProperty.of(column: key.field)?.name ?? "id"
            text += ".sort(\\.\(name), .\(key.direction.rawValue)"
            if let nils = key.nils { text += ", nils: .\(nils.rawValue)" }
            text += ")"
        }
        if let limit { text += ".limit(\(limit))" }
        if offset != 0 { text += ".offset(\(offset))" }
        return text
    }
}

extension QueryPredicate {
    fileprivate var swiftCondition: String {
        switch self {
        case .all: return "_ = $0; return Condition<Specimen>.all"
        default: return isConstant ? "_ = $0; return \(swift)" : swift
        }
    }

    /// Whether no field is named.
    private var isConstant: Bool {
        switch self {
        case .all, .none: true
        case .and(let parts), .or(let parts): parts.allSatisfy(\.isConstant)
        case .not(let part): part.isConstant
        default: false
        }
    }

    private var swift: String {
        switch self {
        case .all: return "Condition<Specimen>.all"
        case .none: return "Condition<Specimen>.none"
        case .and(let parts): return "Condition<Specimen>.all(of: [\(parts.map(\.swift).joined(separator: ", "))])"
        case .or(let parts): return "Condition<Specimen>.any(of: [\(parts.map(\.swift).joined(separator: ", "))])"
        case .not(let part): return "!(\(part.swift))"
        case .isNil(let field): return "$0.\(Self.name(field)) == nil"
        case .isNotNil(let field): return "$0.\(Self.name(field)) != nil"
        case .compare(let field, let comparison, let value):
            return "$0.\(Self.name(field)) \(comparison.swiftOperator) \(Self.literal(value, field))"
        case .member(let field, let isIn, let values):
            let list = "[" + values.map { Self.literal($0, field) }.joined(separator: ", ") + "]"
            let type = SpecimenProperty.of(column: field)?.queried ?? "String"
            return "$0.\(Self.name(field)).\(isIn ? "in" : "notIn")(\(list) as [\(type)])"
        case .text(let field, let match, let needle, let ignoringCase):
            let textCase = ignoringCase ? ", .ignoringASCII" : ""
            return "$0.\(Self.name(field)).\(match.rawValue)(\(needle.swiftLiteral)\(textCase))"
        }
    }

    private static func name(_ column: String) -> String { SpecimenProperty.of(column: column)?.name ?? "id" }

    private static func literal(_ value: Value, _ column: String) -> String {
        let queried = SpecimenProperty.of(column: column)?.queried
        switch value {
        case .bool(let value): return value.swiftLiteral
        case .int(let value): return value.swiftLiteral
        case .double(let value): return value.swiftLiteral
        case .text(let value) where queried == "Specimen.Mood":
            return (Specimen.Mood(rawValue: value) ?? .calm).swiftLiteral
        case .text(let value), .json(let value): return value.swiftLiteral
        case .data(let value): return value.swiftLiteral
        case .uuid(let value): return value.swiftLiteral
        case .time(let value) where queried == "Date": return value.date.swiftLiteral
        case .time(let value): return value.swiftLiteral
        case .decimal(let value): return value.swiftLiteral
        case .null: return "nil"
        }
    }
}

extension QueryPredicate.Comparison {
    fileprivate var swiftOperator: String {
        switch self {
        case .equal: "=="
        case .notEqual: "!="
        case .less: "<"
        case .lessOrEqual: "<="
        case .greater: ">"
        case .greaterOrEqual: ">="
        }
    }
}
