/// Whether the operations on one key could have happened one after the other, each at a moment between its call and its
/// return.
///
/// The search is Wing and Gong's ("Testing and verifying concurrent objects", 1993) with Lowe's memory of what was tried
/// ("Testing for linearizability", 2017): a set of operations done and the value that they leave is never visited twice.
enum Linearizability {
    /// What the search found.
    enum Verdict: Sendable, Equatable {
        case linearizable
        /// No order explains these operations, which are as few as could be found.
        case violated([RegisterOperation])
        /// The search was given up.
        case undecided
    }

    /// More steps than an honest history of a few hundred operations needs.
    static let mostVisits = 200_000

    /// Checks the operations on one key, which has no record at first.
    static func check(_ operations: [RegisterOperation]) -> Verdict {
        switch isExplained(operations, from: [nil]) {
        case true?: .linearizable
        case nil: .undecided
        case false?: .violated(fewest(of: operations))
        }
    }

    /// Whether some order explains the operations, from one of some first values; nil when the search was given up.
    static func isExplained(_ operations: [RegisterOperation], from values: [Int?]) -> Bool? {
        let sorted = operations.sorted { $0.invoked < $1.invoked }
        var isDecided = true
        for value in values {
            switch search(sorted, from: value) {
            case true?: return true
            case nil: isDecided = false
            case false?: break
            }
        }
        return isDecided ? false : nil
    }

    private struct Place: Hashable {
        var done: [UInt64]
        var value: Int?

        func contains(_ index: Int) -> Bool { done[index >> 6] & (1 << UInt64(index & 63)) != 0 }
        func doing(_ index: Int, _ value: Int?) -> Place {
            var copy = self
            copy.done[index >> 6] |= 1 << UInt64(index & 63)
            copy.value = value
            return copy
        }
    }

    private static func search(_ operations: [RegisterOperation], from value: Int?) -> Bool? {
        let start = Place(done: [UInt64](repeating: 0, count: operations.count / 64 + 1), value: value)
        var seen: Set<Place> = [start]
        var open = [start]
        while let place = open.popLast() {
            if seen.count > mostVisits { return nil }
            // Nothing may be put before an operation that returned before it was called. What nobody knows of may have
            // happened at any time after its call, or never.
            var end = UInt64.max
            for (index, operation) in operations.enumerated() {
                if operation.invoked > end { break }
                if !place.contains(index), operation.answer != .unknown { end = min(end, operation.returned) }
            }
            if end == .max { return true }
            for (index, operation) in operations.enumerated() {
                if operation.invoked > end { break }
                guard !place.contains(index), let new = operation.applied(to: place.value) else { continue }
                let next = place.doing(index, new)
                if seen.insert(next).inserted { open.append(next) }
            }
        }
        return false
    }

    // MARK: The few that show it

    /// A part of a history that cannot be explained and that is impossible by itself, whatever was around it.
    private static func fewest(of operations: [RegisterOperation]) -> [RegisterOperation] {
        var best = operations.sorted { $0.returned < $1.returned }
        // The shortest beginning: what had not returned by then may have happened or not.
        func upTo(_ count: Int) -> [RegisterOperation] {
            let end = best[count - 1].returned
            return best.enumerated().compactMap { index, operation in
                if index < count { return operation }
                return operation.invoked < end ? operation.withAnswerUnknown : nil
            }
        }
        var (low, high) = (1, best.count)
        while low < high {
            let middle = (low + high) / 2
            if isExplained(upTo(middle), from: [nil]) == false { high = middle } else { low = middle + 1 }
        }
        best = upTo(low)
        // The latest start: any value may have been there, and what was running may have happened before or after.
        let values = [nil] + best.compactMap(\.written)
        for start in best.map(\.invoked).sorted().reversed() {
            let window = best.compactMap { operation -> RegisterOperation? in
                if operation.invoked >= start { return operation }
                return operation.returned >= start && !operation.isRead ? operation.withAnswerUnknown : nil
            }
            if isExplained(window, from: values) == false {
                return withoutNeedless(window, from: values)
            }
        }
        return withoutNeedless(best, from: [nil])
    }

    /// Leaves out the reads without which the others are impossible too: they change nothing.
    private static func withoutNeedless(_ operations: [RegisterOperation], from values: [Int?]) -> [RegisterOperation] {
        var best = operations
        for operation in operations where operation.isRead {
            let fewer = best.filter { $0 != operation }
            if isExplained(fewer, from: values) == false { best = fewer }
        }
        return best.sorted { $0.invoked < $1.invoked }
    }
}

extension RegisterOperation {
    /// The value that it writes.
    fileprivate var written: Int? {
        switch call {
        case .create(let value), .upsert(let value), .update(let value): value
        case .delete, .get: nil
        }
    }

    fileprivate var withAnswerUnknown: RegisterOperation {
        var copy = self
        copy.answer = .unknown
        return copy
    }
}
