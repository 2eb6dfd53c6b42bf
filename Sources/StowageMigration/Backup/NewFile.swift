internal import Stowage
internal import Synchronization

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// A file that is written aside and gets its name when it is whole, which never takes the place of another file. Its
/// calls block: they run on a worker.
///
/// Where the system can it has no name before (`O_TMPFILE`), so that nothing is left of it whatever ends the program;
/// elsewhere a temporary file stands beside it, which ``discard()`` removes.
final class NewFile: Sendable {
    private let path: String
    private let descriptor: CInt
    private let temporary: Mutex<String?>

    /// Begins a file, private to the user.
    ///
    /// - Parameter isNamed: Whether to use a temporary file even where none is needed.
    /// - Throws: `alreadyExists` when there is something of that name; `corrupt` for a directory, `invalidArgument`
    ///   for a folder that is not there, `permission`, `readOnly`, `storageFull`.
    init(_ path: String, isNamed: Bool = false) throws {
        var status = stat()
        if lstat(path, &status) == 0 {
            throw status.st_mode & S_IFMT == S_IFDIR ? FileBytes.failure("writing", path, EISDIR) : Self.exists(path)
        }
        // Whoever names a place for something new is not told of a store that is absent.
        let folder = Self.folder(of: path)
        guard stat(folder, &status) == 0 || errno != ENOENT && errno != ENOTDIR else {
            throw StorageError(
                .invalidArgument,
                "there is no folder \(StorageError.quoted(folder))",
                advice: "Make the folder, or name another file"
            ).at(.init(path: path))
        }
        self.path = path
        if !isNamed, let descriptor = Self.openUnnamed(beside: path) {
            self.descriptor = descriptor
            temporary = Mutex(nil)
            return
        }
        let name = "\(path).\(getpid())-\(UInt32.random(in: 0 ... .max)).tmp"
        descriptor = open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw FileBytes.failure("creating", path) }
        temporary = Mutex(name)
    }

    deinit {
        discard()
        close(descriptor)
    }

    /// Appends bytes.
    func write(_ bytes: [UInt8]) throws { try FileBytes.write(bytes, descriptor: descriptor, path: path) }

    /// Makes what was written durable.
    func flush() throws {
        if fsync(descriptor) != 0 { throw FileBytes.failure("flushing", path) }
        #if os(Linux)
        // What is read back then comes from the disk, as far as the system can be told so.
        _ = posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED)
        #endif
    }

    /// The file as it will be found, to be read back.
    func reopened() throws -> BackupFile {
        let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
        guard copy >= 0 else { throw FileBytes.failure("reading", path) }
        return try BackupFile(owning: copy, path)
    }

    /// Gives the file its name, durably.
    ///
    /// - Throws: `alreadyExists` when something of that name has come meanwhile.
    func publish() throws {
        // A link fails when the name is taken; a rename would replace what another process has put there.
        let name = temporary.withLock { $0 }
        #if os(Linux)
        let done = linkat(
            AT_FDCWD,
            name ?? Self.handle(descriptor),
            AT_FDCWD,
            path,
            name == nil ? AT_SYMLINK_FOLLOW : 0
        )
        #else
        let done = link(name ?? path, path)
        #endif
        let code = errno
        discard()
        if done != 0 { throw code == EEXIST ? Self.exists(path) : FileBytes.failure("naming", path, code) }
        do {
            try FileBytes.flushFolder(of: path)
        } catch {
            // A name that may be gone after a power cut is none.
            unlink(path)
            throw error
        }
    }

    /// Removes the temporary file, if there is one.
    func discard() {
        temporary.withLock { name in
            if let name { unlink(name) }
            name = nil
        }
    }

    private static func folder(of path: String) -> String {
        let slash = path.utf8.lastIndex(of: UInt8(ascii: "/"))
        return slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    }

    private static func exists(_ path: String) -> StorageError {
        FileBytes.exists(path).advising("A backup never replaces a file: name another one")
    }

    #if os(Linux)
    /// The name under which a process finds its own descriptor.
    private static func handle(_ descriptor: CInt) -> String { "/proc/self/fd/\(descriptor)" }

    /// An open file without a name on the file system of a path; nil where there is no such thing.
    private static func openUnnamed(beside path: String) -> CInt? {
        let folder = folder(of: path)
        // O_TMPFILE of <fcntl.h>, a macro that Swift does not import.
        let unnamed = 0o20_000_000 | O_DIRECTORY
        let descriptor = open(folder, O_RDWR | O_CLOEXEC | unnamed, 0o600)
        guard descriptor >= 0 else { return nil }
        // Without /proc it could never get its name.
        guard access(handle(descriptor), F_OK) == 0 else {
            close(descriptor)
            return nil
        }
        return descriptor
    }
    #else
    private static func openUnnamed(beside path: String) -> CInt? { nil }
    #endif
}
