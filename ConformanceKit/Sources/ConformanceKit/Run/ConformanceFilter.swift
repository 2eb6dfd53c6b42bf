/// Which cases to run.
public struct ConformanceFilter: Sendable, Hashable, CustomStringConvertible {
    /// Ids or beginnings of ids (`rec.create`), areas (`REC`) or rules (`REC-1`); empty for all cases.
    public var terms: [String]

    /// A filter of terms, any of which picks a case.
    public init(_ terms: [String]) { self.terms = terms }

    /// A filter of one term.
    public init(_ term: String) { self.init([term]) }

    /// Every case.
    public static let all = ConformanceFilter([])

    /// Whether a case is picked.
    public func contains(_ conformanceCase: ConformanceCase) -> Bool {
        terms.isEmpty
            || terms.contains { term in
                term == conformanceCase.id || conformanceCase.id.hasPrefix(term + ".")
                    || term == conformanceCase.area.rawValue || conformanceCase.rules.contains(term)
            }
    }

    /// The terms.
    public var description: String { terms.isEmpty ? "all cases" : terms.joined(separator: ", ") }
}
