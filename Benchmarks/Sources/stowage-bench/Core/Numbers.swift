import Synchronization

/// Numbers for records that no store holds yet.
final class Numbers: Sendable {
    private let next: Atomic<Int>
    init(from first: Int = 0) { next = Atomic(first) }
    /// The first of so many numbers in a row.
    func take(_ count: Int) -> Int { next.add(count, ordering: .relaxed).oldValue }
}
