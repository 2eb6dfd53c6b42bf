internal import Synchronization

/// Collects values from several tasks.
final class Tally<Element: Sendable>: Sendable {
    private let elements = Mutex<[Element]>([])
    init() {}
    func add(_ element: Element) { elements.withLock { $0.append(element) } }
    var all: [Element] { elements.withLock { $0 } }
}
