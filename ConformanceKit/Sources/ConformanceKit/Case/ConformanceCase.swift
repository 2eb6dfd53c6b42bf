public import Stowage

/// One check of the contract, as data: what it checks, when it applies, and how.
///
/// ```swift
/// ConformanceCase("rec.delete.absent-is-false", ["REC-2"]) { check in
///     let notes = try await check.storage(Note.self)
///     check.expect(try await !notes.delete("nobody"), "delete of an absent record returns false")
/// }
/// ```
///
/// Ids are stable: reports, known failures and filters name them.
public struct ConformanceCase: Sendable, Identifiable, CustomStringConvertible {
    /// What a case does, through its context.
    public typealias Body = @Sendable (CaseContext) async throws -> Void

    /// The stable id, whose first part is the area: `rec.create.refuses-existing-id`.
    public let id: String
    /// The contract rules it checks, the first being the one that a failure names.
    public let rules: [String]
    /// The section of the contract.
    public let area: Area
    /// Whether every adapter must pass it.
    public let level: Level
    /// What the adapter must declare for the case to apply.
    public let capability: Capabilities.Feature?
    /// What the harness must be able to do for the case to apply.
    public let needs: HarnessAbility?
    /// The version of the kit that brought the case, when its failure does not count before the next minor version; see
    /// ``isProvisional(in:)``.
    public let provisionalSince: KitVersion?
    /// Where the case is written.
    public let place: SourcePlace
    /// The check itself.
    public let body: Body
    /// What is checked when the capability is not declared: the call throws `unsupported` and changes nothing (LIF-5).
    public let negative: Body?

    /// Describes a case.
    ///
    /// - Parameters:
    ///   - id: The stable id; its first part names the area in lower case.
    ///   - rules: The contract rules, the main one first.
    ///   - level: `required`, or `capability` by default when one is named.
    ///   - capability: What the adapter must declare.
    ///   - needs: What the harness must be able to do.
    ///   - provisionalSince: The kit's version that brings the case, for a case that an adapter which conformed to the
    ///     last version might fail.
    ///   - negative: What to check instead when the capability is missing; each known capability has a default.
    ///   - body: The check.
    public init(
        _ id: String,
        _ rules: [String],
        level: Level? = nil,
        capability: Capabilities.Feature? = nil,
        needs: HarnessAbility? = nil,
        provisionalSince: KitVersion? = nil,
        negative: Body? = nil,
        fileID: String = #fileID,
        line: Int = #line,
        _ body: @escaping Body
    ) {
        guard let area = Area(idOfCase: id), !rules.isEmpty else {
            preconditionFailure("the case \(id) begins with no area, or checks no rule")
        }
        self.id = id
        self.rules = rules
        self.area = area
        self.level = level ?? (capability == nil ? .required : .capability)
        self.capability = capability
        self.needs = needs
        self.provisionalSince = provisionalSince
        self.place = SourcePlace(fileID: fileID, line: line)
        self.body = body
        self.negative = negative ?? capability.flatMap(Negatives.forLacking)
    }

    /// The id.
    public var description: String { id }

    /// Whether the case is so new that it runs and is reported, and its failure does not count yet: until the kit's next
    /// minor version, so that an update of the kit never breaks an author's build without warning.
    public func isProvisional(in kit: KitVersion = ConformanceReport.version) -> Bool {
        provisionalSince.map { $0.major == kit.major && $0.minor == kit.minor } ?? false
    }
}

extension ConformanceCase {
    /// A section of the contract.
    public enum Area: String, Sendable, Hashable, Codable, CaseIterable {
        /// Records.
        case records = "REC"
        /// Values.
        case values = "VAL"
        /// Queries.
        case queries = "QRY"
        /// State.
        case state = "STA"
        /// Transactions and concurrency.
        case transactions = "TXN"
        /// Durability and faults.
        case durability = "DUR"
        /// Lifecycle, limits and errors.
        case lifecycle = "LIF"
        /// Schema.
        case schema = "SCH"

        init?(idOfCase id: String) {
            guard let head = id.split(separator: ".").first else { return nil }
            self.init(rawValue: head.uppercased())
        }
    }

    /// Who must pass a case.
    public enum Level: String, Sendable, Hashable, Codable, CaseIterable {
        /// Every adapter.
        case required
        /// Every adapter that declares the capability.
        case capability
        /// Every adapter; but one run may miss a defect, since the schedule of tasks decides.
        case stochastic
    }
}

/// A place in source code.
public struct SourcePlace: Sendable, Hashable, Codable, CustomStringConvertible {
    /// The module and the file.
    public var fileID: String
    /// The line, counted from one.
    public var line: Int

    /// Makes a place.
    public init(fileID: String, line: Int) {
        self.fileID = fileID
        self.line = line
    }

    /// `ConformanceKit/Creating.swift:12`.
    public var description: String { "\(fileID):\(line)" }
}
