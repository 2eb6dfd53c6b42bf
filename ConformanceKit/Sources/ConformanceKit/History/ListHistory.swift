/// Checks a history of transactions over lists: whether some order explains it.
///
/// The idea is Elle's (Kingsbury and Alvaro, "Elle: Inferring Isolation Anomalies from Experimental Observations", VLDB
/// 2020): a list that is only appended to tells the order of its writers, so that the dependencies between transactions
/// can be recovered from what was read. The anomalies are named after Adya ("Weak Consistency", 1999).
struct ListHistory {
    private let transactions: [ListTransaction]
    /// Who appended a value to a list.
    private var writers: [Slot: Int] = [:]
    /// The longest version of each list that was read.
    private var longest: [String: [Int]] = [:]

    private struct Slot: Hashable {
        var key: String
        var value: Int
    }

    init(_ transactions: [ListTransaction]) {
        self.transactions = transactions
        for (number, transaction) in transactions.enumerated() {
            for operation in transaction.operations {
                switch operation {
                case .append(let key, let value): writers[Slot(key: key, value: value)] = number
                case .read(let key, let values) where transaction.outcome == .committed:
                    if values.count > longest[key, default: []].count { longest[key] = values }
                case .read: break
                }
            }
        }
    }

    /// The first anomaly that is found, the plainest first; nil when the transactions can be put in an order that also
    /// respects which ended before which began.
    func anomaly() -> ListAnomaly? {
        for (number, transaction) in transactions.enumerated() where transaction.outcome == .committed {
            if let found = internalAnomaly(transaction) ?? readAnomaly(number, transaction) { return found }
        }
        return versionAnomaly() ?? lostAppend() ?? cycle()
    }

    /// A transaction that does not see its own appends, or reads a list twice and finds two.
    private func internalAnomaly(_ transaction: ListTransaction) -> ListAnomaly? {
        var known: [String: [Int]] = [:]
        var unread: [String: [Int]] = [:]
        for operation in transaction.operations {
            switch operation {
            case .append(let key, let value):
                if known[key] != nil { known[key]?.append(value) } else { unread[key, default: []].append(value) }
            case .read(let key, let values):
                if let before = known[key], before != values {
                    let reason = "the transaction itself makes \(key) \(before), and reads \(values)"
                    return ListAnomaly(name: "non-repeatable read", reason: reason, transactions: [transaction])
                }
                if let own = unread[key], !values.suffix(own.count).elementsEqual(own) {
                    let reason = "the transaction appended \(own) to \(key), and reads \(values)"
                    return ListAnomaly(name: "own write unseen", reason: reason, transactions: [transaction])
                }
                known[key] = values
            }
        }
        return nil
    }

    /// A read of what was never committed, or of what was committed in part.
    private func readAnomaly(_ number: Int, _ transaction: ListTransaction) -> ListAnomaly? {
        for case .read(let key, let values) in transaction.operations {
            if Set(values).count != values.count {
                let reason = "\(values) of \(key) holds a value twice, which was appended once"
                return ListAnomaly(name: "duplicate append", reason: reason, transactions: [transaction])
            }
            for value in values {
                guard let writer = writers[Slot(key: key, value: value)] else {
                    let reason = "\(value) of \(key) was never appended"
                    return ListAnomaly(name: "garbage read", reason: reason, transactions: [transaction])
                }
                if transactions[writer].outcome == .aborted {
                    let reason = "\(value) of \(key) was read, and its transaction rolled back"
                    return ListAnomaly(
                        name: "aborted read (G1a)",
                        reason: reason,
                        transactions: [transactions[writer], transaction]
                    )
                }
            }
            if let last = values.last, let writer = writers[Slot(key: key, value: last)], writer != number,
                transactions[writer].appended(to: key).last != last
            {
                let reason = "\(last) of \(key) was read, which its transaction had not finished"
                return ListAnomaly(
                    name: "intermediate read (G1b)",
                    reason: reason,
                    transactions: [transactions[writer], transaction]
                )
            }
        }
        return nil
    }

    /// Two reads of one list of which neither continues the other: an append was overwritten.
    private func versionAnomaly() -> ListAnomaly? {
        for transaction in transactions where transaction.outcome == .committed {
            for case .read(let key, let values) in transaction.operations {
                guard let version = longest[key], !version.starts(with: values) else { continue }
                let other = transactions.first { other in
                    other.outcome == .committed && other.operations.contains(.read(key, version))
                }
                return ListAnomaly(
                    name: "lost update",
                    reason: "\(key) was read as \(values) and as \(version), and neither continues the other",
                    transactions: [transaction] + (other.map { [$0] } ?? [])
                )
            }
        }
        return nil
    }

    /// A committed append that a later read of the whole list does not show.
    private func lostAppend() -> ListAnomaly? {
        for transaction in transactions where transaction.outcome == .committed {
            for case .append(let key, let value) in transaction.operations {
                let reader = transactions.first { reader in
                    reader.outcome == .committed && reader.invoked > transaction.returned
                        && reader.operations.contains { operation in
                            if case .read(key, let values) = operation { !values.contains(value) } else { false }
                        }
                }
                guard let reader else { continue }
                return ListAnomaly(
                    name: "lost update",
                    reason: "\(value) was appended to \(key) and committed, and a later transaction does not see it",
                    transactions: [transaction, reader]
                )
            }
        }
        return nil
    }

    // MARK: Cycles

    /// How one transaction must come before another.
    private enum Edge: String {
        /// It wrote the version before the other's.
        case ww
        /// The other read what it wrote.
        case wr
        /// The other overwrote what it read.
        case rw
        /// It ended before the other began.
        case time
    }

    private func edges() -> [Int: [Int: Edge]] {
        var edges: [Int: [Int: Edge]] = [:]
        func add(_ from: Int?, _ to: Int?, _ edge: Edge) {
            guard let from, let to, from != to, transactions[from].outcome != .aborted,
                transactions[to].outcome != .aborted
            else { return }
            // The stronger kind explains more; one between two is enough.
            if edges[from]?[to] == nil { edges[from, default: [:]][to] = edge }
        }
        for (key, values) in longest {
            for (value, next) in zip(values, values.dropFirst()) {
                add(writers[Slot(key: key, value: value)], writers[Slot(key: key, value: next)], .ww)
            }
        }
        for (number, transaction) in transactions.enumerated() where transaction.outcome == .committed {
            for case .read(let key, let values) in transaction.operations {
                if let last = values.last { add(writers[Slot(key: key, value: last)], number, .wr) }
            }
        }
        for (number, transaction) in transactions.enumerated() where transaction.outcome == .committed {
            for case .read(let key, let values) in transaction.operations {
                let version = longest[key] ?? []
                if values.count < version.count, version.starts(with: values) {
                    add(number, writers[Slot(key: key, value: version[values.count])], .rw)
                }
            }
        }
        // What nobody has read yet stands after all that was read.
        for (writer, transaction) in transactions.enumerated() where transaction.outcome == .committed {
            for case .append(let key, let value) in transaction.operations {
                let version = longest[key] ?? []
                if version.contains(value) { continue }
                if let last = version.last { add(writers[Slot(key: key, value: last)], writer, .ww) }
                for (reader, other) in transactions.enumerated() where other.outcome == .committed {
                    if other.operations.contains(.read(key, version)) { add(reader, writer, .rw) }
                }
            }
        }
        for (from, early) in transactions.enumerated() where early.outcome == .committed {
            for (to, late) in transactions.enumerated() where early.returned < late.invoked { add(from, to, .time) }
        }
        return edges
    }

    private func cycle() -> ListAnomaly? {
        let edges = edges()
        let levels: [(name: String, kinds: Set<Edge>)] = [
            ("write cycle (G0)", [.ww]), ("circular information flow (G1c)", [.ww, .wr]),
            ("", [.ww, .wr, .rw]), ("stale read, against the order of time", [.ww, .wr, .rw, .time]),
        ]
        for (name, kinds) in levels {
            guard let cycle = shortestCycle(edges, kinds) else { continue }
            let steps = zip(cycle, cycle.dropFirst() + cycle.prefix(1)).map { edges[$0]?[$1]?.rawValue ?? "" }
            let anti = steps.filter { $0 == "rw" }.count
            let fallback = anti == 1 ? "read skew (G-single)" : "write skew (G2)"
            return ListAnomaly(
                name: name.isEmpty ? fallback : name,
                reason: "each comes before the next and the last before the first: \(steps.joined(separator: ", "))",
                transactions: cycle.map { transactions[$0] }
            )
        }
        return nil
    }

    /// A shortest cycle through edges of some kinds: a search in breadth from each transaction.
    private func shortestCycle(_ edges: [Int: [Int: Edge]], _ kinds: Set<Edge>) -> [Int]? {
        var best: [Int]?
        for start in transactions.indices {
            var before: [Int: Int] = [:]
            var level = [start]
            var depth = 1
            search: while !level.isEmpty, depth < best?.count ?? .max {
                var next: [Int] = []
                for node in level {
                    for (to, edge) in edges[node] ?? [:] where kinds.contains(edge) {
                        if to == start {
                            var path = [node]
                            while let earlier = before[path[0]] { path.insert(earlier, at: 0) }
                            best = path
                            break search
                        }
                        if before[to] == nil {
                            before[to] = node
                            next.append(to)
                        }
                    }
                }
                level = next
                depth += 1
            }
            if best?.count == 2 { return best }
        }
        return best
    }
}
