/// A transaction over lists that are only appended to, as its client saw it.
struct ListTransaction: Sendable, Equatable, Codable, CustomStringConvertible {
    /// One step.
    enum Operation: Sendable, Equatable, Codable {
        /// Every value is appended once in the whole history.
        case append(String, Int)
        case read(String, [Int])
    }

    /// How it ended.
    enum Outcome: String, Sendable, Codable { case committed, aborted, unknown }

    var client: Int
    var operations: [Operation]
    var outcome: Outcome
    /// When it was called, by ``MonotonicClock``.
    var invoked: UInt64
    /// When it returned.
    var returned: UInt64

    /// The values that it appended to a list, in order.
    func appended(to key: String) -> [Int] {
        operations.compactMap { if case .append(key, let value) = $0 { value } else { nil } }
    }

    /// `client 1, committed: read x [1, 2]; append x 3`.
    var description: String {
        let steps = operations.map { operation in
            switch operation {
            case .append(let key, let value): "append \(key) \(value)"
            case .read(let key, let values): "read \(key) \(values)"
            }
        }
        return "client \(client), \(outcome.rawValue) [\(invoked), \(returned)]: " + steps.joined(separator: "; ")
    }
}

/// Something that no order of the transactions explains.
struct ListAnomaly: Sendable, Equatable, CustomStringConvertible {
    /// Adya's and Elle's names for it: `G1a`, `lost update`.
    var name: String
    /// Why it is impossible.
    var reason: String
    /// The transactions that show it, with how each comes before the next in a cycle.
    var transactions: [ListTransaction]

    /// A line for each transaction.
    var description: String {
        (["\(name): \(reason)"] + transactions.map { "  \($0)" }).joined(separator: "\n")
    }
}
