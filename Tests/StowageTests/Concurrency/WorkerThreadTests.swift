import Foundation
import Synchronization
import Testing

@testable import Stowage

struct WorkerThreadTests {
    private let far = Deadline.after(.seconds(600))

    private actor Counter {
        private nonisolated let worker = WorkerThread(name: "counter")
        nonisolated var unownedExecutor: UnownedSerialExecutor { worker.asUnownedSerialExecutor() }
        private var count = 0
        func next() -> Int {
            count += 1
            return count
        }
    }

    @Test func jobsRunInOrder() async throws {
        let worker = WorkerThread(name: "test")
        let order = Mutex<[Int]>([])
        for number in 0..<100 { worker.enqueue { order.withLock { $0.append(number) } } }
        try await worker.run(deadline: far, waitingFor: "the worker") {}
        #expect(order.withLock { $0 } == Array(0..<100))
    }

    @Test func anActorCanLiveOnIt() async {
        let counter = Counter()
        var last = 0
        for _ in 0..<100 { last = await counter.next() }
        #expect(last == 100)
    }

    @Test func errorsOfTheBodyReachTheCaller() async {
        let worker = WorkerThread(name: "test")
        let error = await #expect(throws: StorageError.self) {
            try await worker.run(deadline: far, waitingFor: "the worker") { throw StorageError(.readOnly, "no") }
        }
        #expect(error?.code == .readOnly)
    }

    @Test func aBodyThatWasNotBegunIsGivenUpAtTheDeadline() async {
        let worker = WorkerThread(name: "test")
        let door = Monitor(false)
        worker.enqueue { door.wait { isOpen, _ in isOpen ? () : nil } }
        let error = await #expect(throws: StorageError.self) {
            try await worker.run(deadline: .after(.milliseconds(5)), waitingFor: "the thread") {
                Issue.record("a body ran after it was given up")
            }
        }
        #expect(error?.code == .timeout)
        #expect(error?.message.contains("the thread") == true)
        door.withLock { $0 = true }
        door.signal()
        await #expect(throws: Never.self) { try await worker.run(deadline: far, waitingFor: "the thread") {} }
    }

    @Test func aBodyThatIsLeftBehindIsDroppedOnTheThread() async throws {
        final class Result: Sendable {
            let onEnd: @Sendable () -> Void
            init(_ onEnd: @escaping @Sendable () -> Void) { self.onEnd = onEnd }
            deinit { onEnd() }
        }
        let worker = WorkerThread(name: "test")
        let door = Monitor(false)
        let ends = Mutex<[UInt]>([])
        let hasBegun = Mutex(false)
        // On a busy machine the time may be over before the body begins, which is then not run at all.
        while !hasBegun.withLock({ $0 }) {
            let error = await #expect(throws: StorageError.self) {
                _ = try await worker.run(deadline: .after(.milliseconds(5)), waitingFor: "a lock", isLeftBehind: true) {
                    hasBegun.withLock { $0 = true }
                    door.wait { isOpen, _ in isOpen ? () : nil }
                    return Result { ends.withLock { $0.append(UInt(pthread_self())) } }
                }
            }
            #expect(error?.code == .timeout, "the caller goes on while the body still runs")
        }
        #expect(ends.withLock { $0 }.isEmpty)
        door.withLock { $0 = true }
        door.signal()
        let own = try await worker.run(deadline: far, waitingFor: "the thread") { UInt(pthread_self()) }
        #expect(ends.withLock { $0 } == [own], "what it returned is given back where it was made")
    }

    @Test func aRunningBodyIsToldToEnd() async throws {
        let worker = WorkerThread(name: "test")
        let told = Monitor(false)
        let (begun, begin) = AsyncStream<Void>.makeStream()
        let task = Task {
            try await worker.run(
                deadline: far,
                waitingFor: "the thread",
                onInterrupt: {
                    told.withLock { $0 = true }
                    told.signal()
                }
            ) {
                begin.yield()
                told.wait { isTold, _ in isTold ? () : nil }
                return 7
            }
        }
        for await _ in begun { break }
        task.cancel()
        #expect(try await task.value == 7)
    }

    @Test func aCancelledTaskDoesNotWait() async {
        let worker = WorkerThread(name: "test")
        let door = Monitor(false)
        worker.enqueue { door.wait { isOpen, _ in isOpen ? () : nil } }
        let task = Task { try await worker.run(deadline: far, waitingFor: "the thread") {} }
        await Task.yield()
        task.cancel()
        let error = await #expect(throws: StorageError.self) { try await task.value }
        #expect(error?.code == .cancelled)
        door.withLock { $0 = true }
        door.signal()
    }
}
