internal import Stowage
internal import Synchronization

/// The lock that keeps the writers of several processes apart: `flock` on a file of its own, since the data file is
/// replaced by every write. The kernel gives it back when its holder ends, however that happens (DUR-2).
struct FileLock: Sendable {
    private let handle: FileSystem.Handle
    private let path: String

    /// Opens the lock file beside a data file, creating it when it is absent.
    init(beside dataFile: String) throws {
        path = dataFile + ".lock"
        handle = try FileSystem.open(path, FileSystem.readWriteCreate)
    }

    /// Takes the lock if it is free.
    func tryAcquire() throws -> Bool { try FileSystem.tryLock(handle, path) }

    /// Takes the lock, asking again after short random pauses. Blocks its thread.
    func acquire(until deadline: Deadline, _ interrupt: Interrupt) throws {
        var ceiling = 1.0
        while try !tryAcquire() {
            if interrupt.isSet, !deadline.hasPassed { throw StorageError.cancelledTask }
            guard !deadline.hasPassed else {
                throw deadline.timeout(waitingFor: "the write lock, held by another program").at(.init(path: path))
            }
            let left = Double(deadline.remainingMilliseconds)
            FileSystem.pause(milliseconds: min(left, Double.random(in: 0.2...ceiling)))
            ceiling = min(ceiling * 2, 20)
        }
    }

    func release() { FileSystem.unlock(handle) }
}

/// Tells a thread that blocks to stop: its caller's deadline has passed, or its task was cancelled.
final class Interrupt: Sendable {
    private let flag = Atomic(false)
    func set() { flag.store(true, ordering: .relaxed) }
    var isSet: Bool { flag.load(ordering: .relaxed) }
}
