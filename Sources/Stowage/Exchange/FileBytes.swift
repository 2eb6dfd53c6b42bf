#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// Whole small files, read and written with errors that say what went wrong.
package enum FileBytes {
    /// The content of a file.
    ///
    /// - Throws: `notFound` when it is absent, `corrupt` for a directory, `permission`, or `storageFull` when reading
    ///   fails.
    package static func read(_ path: String) throws -> [UInt8] {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw failure("opening", path) }
        defer { close(file) }
        return try read(descriptor: file, path: path)
    }

    /// Everything that an open file still holds.
    package static func read(descriptor: CInt, path: String) throws -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = buffer.withUnsafeMutableBytes {
                #if canImport(Darwin)
                Darwin.read(descriptor, $0.baseAddress, $0.count)
                #elseif canImport(Musl)
                Musl.read(descriptor, $0.baseAddress, $0.count)
                #else
                Glibc.read(descriptor, $0.baseAddress, $0.count)
                #endif
            }
            if count == 0 { return bytes }
            if count < 0 {
                if errno == EINTR { continue }
                throw failure("reading", path)
            }
            bytes.append(contentsOf: buffer[..<count])
        }
    }

    /// Writes a new file, private to the user, so that it stands there whole or not at all: a temporary file beside
    /// it, fsync, rename, fsync of the folder (DUR-1).
    ///
    /// - Throws: `alreadyExists` when there is a file and it may not be replaced; `corrupt` for a directory,
    ///   `notFound` for an absent folder, `permission`, `readOnly`, `storageFull`.
    package static func write(_ bytes: [UInt8], to path: String, replacing: Bool) throws {
        var status = stat()
        if stat(path, &status) == 0 {
            if status.st_mode & S_IFMT == S_IFDIR { throw failure("writing", path, EISDIR) }
            if status.st_mode & S_IFMT != S_IFREG { return try append(bytes, to: path) }
            if !replacing { throw exists(path) }
        }
        let temporary = "\(path).\(getpid())-\(UInt32.random(in: 0 ... .max)).tmp"
        let file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw failure("creating", path) }
        do {
            defer { close(file) }
            try write(bytes, descriptor: file, path: path)
            if fsync(file) != 0 { throw failure("flushing", path) }
        } catch {
            unlink(temporary)
            throw error
        }
        // A link fails when the name is taken, a rename would replace what another process has put there meanwhile.
        let done = replacing ? rename(temporary, path) : link(temporary, path)
        let code = errno
        if done != 0 || !replacing { unlink(temporary) }
        if done != 0 { throw code == EEXIST ? exists(path) : failure("naming", path, code) }
        try flushFolder(of: path)
    }

    /// Writes all bytes to an open file.
    package static func write(_ bytes: [UInt8], descriptor: CInt, path: String) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                #if canImport(Darwin)
                Darwin.write(descriptor, $0.baseAddress, $0.count)
                #elseif canImport(Musl)
                Musl.write(descriptor, $0.baseAddress, $0.count)
                #else
                Glibc.write(descriptor, $0.baseAddress, $0.count)
                #endif
            }
            if count < 0 {
                if errno == EINTR { continue }
                throw failure("writing", path)
            }
            rest = rest.dropFirst(count)
        }
    }

    /// Writes to what is no regular file: a terminal, a pipe, `/dev/null`.
    private static func append(_ bytes: [UInt8], to path: String) throws {
        let file = open(path, O_WRONLY | O_CLOEXEC)
        guard file >= 0 else { throw failure("opening", path) }
        defer { close(file) }
        try write(bytes, descriptor: file, path: path)
    }

    /// Makes the name of a new file survive power loss (DUR-1).
    package static func flushFolder(of path: String) throws {
        let slash = path.utf8.lastIndex(of: UInt8(ascii: "/"))
        let folder = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        let file = open(folder, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw failure("opening the folder of", path) }
        defer { close(file) }
        if fsync(file) != 0 { throw failure("flushing the folder of", path) }
    }

    package static func exists(_ path: String) -> StorageError {
        StorageError(.alreadyExists, "the file exists", advice: "Name another file, or ask for it to be replaced")
            .at(.init(path: path))
    }

    /// What a system call's failure means.
    package static func failure(_ doing: String, _ path: String, _ code: CInt = errno) -> StorageError {
        let reason = String(cString: strerror(code))
        let (portable, advice): (StorageError.Code, String) =
            switch code {
            case ENOENT, ENOTDIR: (.notFound, "Check the path")
            case EISDIR: (.corrupt, "Name a file, not a directory")
            case EACCES, EPERM: (.permission, "Check the permissions of the file and of its folder")
            case EROFS: (.readOnly, "Name a file on a file system that can be written")
            default: (.storageFull, "Make sure that the disk works and has room")
            }
        return StorageError(portable, "\(doing) the file failed: \(reason)", advice: advice).at(.init(path: path))
            .from(.init("errno \(code)"))
    }
}
