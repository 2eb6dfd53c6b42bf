internal import CFileHints
internal import Stowage

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// The system calls that the JSON adapter makes, with their errors as ``StorageError``.
enum FileSystem {
    /// What tells one version of a file from another.
    struct Identity: Hashable, Sendable {
        let device: UInt64
        let inode: UInt64
        let size: Int64
        let seconds: Int
        let nanoseconds: Int

        /// Whether both are versions of one file.
        func isSameFile(as other: Identity?) -> Bool { device == other?.device && inode == other?.inode }
    }

    /// What a path names.
    struct Status: Sendable {
        let identity: Identity
        let isDirectory: Bool
        /// Whether it is a file, and no device, pipe or socket.
        let isOrdinary: Bool
        /// The permission bits.
        let mode: UInt32
    }

    /// The status of what a path names, links followed; nil when it names nothing.
    static func status(_ path: String) throws -> Status? {
        var info = stat()
        if stat(path, &info) == 0 { return status(of: info) }
        if errno == ENOENT || errno == ENOTDIR { return nil }
        throw failure("looked at", path)
    }

    private static func status(of info: stat) -> Status {
        Status(
            identity: Identity(
                device: UInt64(info.st_dev),
                inode: UInt64(info.st_ino),
                size: Int64(info.st_size),
                seconds: info.st_mtim.tv_sec,
                nanoseconds: info.st_mtim.tv_nsec
            ),
            isDirectory: info.st_mode & S_IFMT == S_IFDIR,
            isOrdinary: info.st_mode & S_IFMT == S_IFREG,
            mode: UInt32(info.st_mode & 0o7777)
        )
    }

    /// An open file. It is closed when nobody holds it any more.
    final class Handle: Sendable {
        let descriptor: Int32
        init(_ descriptor: Int32) { self.descriptor = descriptor }
        deinit { _ = close(descriptor) }

        func status(_ path: String) throws -> Status {
            var info = stat()
            guard fstat(descriptor, &info) == 0 else { throw failure("looked at", path) }
            return FileSystem.status(of: info)
        }
    }

    static func open(_ path: String, _ flags: Int32, mode: UInt32 = 0o600) throws -> Handle {
        while true {
            #if canImport(Glibc)
            let descriptor = Glibc.open(path, flags | O_CLOEXEC, mode_t(mode))
            #elseif canImport(Musl)
            let descriptor = Musl.open(path, flags | O_CLOEXEC, mode_t(mode))
            #else
            let descriptor = Darwin.open(path, flags | O_CLOEXEC, mode_t(mode))
            #endif
            if descriptor >= 0 { return Handle(descriptor) }
            if errno != EINTR { throw failure("opened", path) }
        }
    }

    static func openForReading(_ path: String) throws -> Handle { try open(path, O_RDONLY) }

    /// Opens a file that need not be there.
    static func openIfPresent(_ path: String, _ flags: Int32) throws -> Handle? {
        do {
            return try open(path, flags)
        } catch let error as StorageError where error.code == .notFound {
            return nil
        }
    }

    /// The content of an open file, from a place on.
    static func read(_ handle: Handle, _ path: String, from start: Int = 0) throws -> [UInt8] {
        let size = max(Int(try handle.status(path).identity.size) - start, 0)
        var offset = 0
        // One byte more than expected shows the end without a second buffer.
        var bytes = [UInt8](repeating: 0, count: size + 1)
        while true {
            let count = bytes.withUnsafeMutableBytes { buffer in
                pread(handle.descriptor, buffer.baseAddress! + offset, buffer.count - offset, off_t(start + offset))
            }
            if count < 0 {
                if errno == EINTR { continue }
                throw failure("read", path)
            }
            offset += count
            if count == 0 { break }
            if offset == bytes.count { bytes.append(contentsOf: repeatElement(0, count: max(4096, offset))) }
        }
        bytes.removeLast(bytes.count - offset)
        return bytes
    }

    /// Writes pieces, one after the other, from the beginning of a file.
    static func write(_ pieces: [ArraySlice<UInt8>], to handle: Handle, _ path: String) throws {
        var written = 0
        for piece in pieces {
            try piece.withUnsafeBytes { bytes in
                var rest = bytes[...]
                while !rest.isEmpty {
                    // A full disk shows as a short write before it shows as an error.
                    let count = try write(UnsafeRawBufferPointer(rebasing: rest.prefix(oneWrite)), to: handle, path)
                    beginWriteback(of: handle, from: written, count)
                    written += count
                    rest = rest.dropFirst(count)
                }
            }
        }
    }

    /// So many bytes are written at once: the disk is at work on them while the next are copied.
    private static let oneWrite = 1 << 20

    private static func write(_ bytes: UnsafeRawBufferPointer, to handle: Handle, _ path: String) throws -> Int {
        while true {
            #if canImport(Glibc)
            let count = Glibc.write(handle.descriptor, bytes.baseAddress, bytes.count)
            #elseif canImport(Musl)
            let count = Musl.write(handle.descriptor, bytes.baseAddress, bytes.count)
            #else
            let count = Darwin.write(handle.descriptor, bytes.baseAddress, bytes.count)
            #endif
            if count >= 0 { return count }
            if errno != EINTR { throw failure("written", path) }
        }
    }

    /// Lets the disk begin with what was written. A hint, which promises nothing and may fail: ``sync(_:_:)`` waits for all
    /// of it, and has less to wait for then (3.0 instead of 4.0 ms for 3.5 MB on ext4).
    private static func beginWriteback(of handle: Handle, from offset: Int, _ count: Int) {
        if count == oneWrite { stowage_begin_writeback(handle.descriptor, Int64(offset), Int64(count)) }
    }

    /// Makes what was written to an open file or directory safe from power loss. A failure is final: after it nobody
    /// knows what the disk holds, and a second call would report success.
    static func sync(_ handle: Handle, _ path: String) throws {
        if fsync(handle.descriptor) != 0 { throw SyncFailure(error: failure("made durable", path)) }
    }

    /// The same for the content and the length of a file, not for its other attributes.
    static func syncContent(_ handle: Handle, _ path: String) throws {
        #if canImport(Darwin)
        try sync(handle, path)
        #else
        if fdatasync(handle.descriptor) != 0 { throw SyncFailure(error: failure("made durable", path)) }
        #endif
    }

    /// Writes bytes at a place of an open file.
    static func write(_ bytes: [UInt8], at place: Int, of handle: Handle, _ path: String) throws {
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                pwrite(handle.descriptor, buffer.baseAddress! + written, buffer.count - written, off_t(place + written))
            }
            if count < 0 {
                if errno == EINTR { continue }
                throw failure("written", path)
            }
            written += count
        }
    }

    /// Cuts an open file off behind a number of bytes.
    static func truncate(_ handle: Handle, to length: Int, _ path: String) throws {
        if ftruncate(handle.descriptor, off_t(length)) != 0 { throw failure("shortened", path) }
    }

    /// A failed fsync, which is worse than other failures: the handle must not be used again (DUR-3).
    struct SyncFailure: Error {
        let error: StorageError
    }

    static func setMode(_ mode: UInt32, of handle: Handle, _ path: String) throws {
        if fchmod(handle.descriptor, mode_t(mode)) != 0 { throw failure("given its mode", path) }
    }

    static func rename(_ old: String, to new: String) throws {
        #if canImport(Glibc)
        let result = Glibc.rename(old, new)
        #elseif canImport(Musl)
        let result = Musl.rename(old, new)
        #else
        let result = Darwin.rename(old, new)
        #endif
        if result != 0 { throw failure("replaced", new) }
    }

    static func remove(_ path: String) { _ = unlink(path) }

    /// Makes a folder and those above it, for the owner alone.
    static func makeFolder(_ path: String) throws {
        if path.isEmpty || path == "/" { return }
        if let status = try status(path) {
            if status.isDirectory { return }
            throw StorageError(.configuration, "a file stands where a folder is needed").at(.init(path: path))
        }
        try makeFolder(folder(of: path))
        // Another process may make it first.
        if mkdir(path, 0o700) != 0, errno != EEXIST { throw failure("made", path) }
    }

    /// The names in a folder.
    static func names(in folder: String) -> [String] {
        guard let directory = opendir(folder) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    /// The path with links resolved, as far as it exists: the rename must replace the file, not a link to it.
    static func resolved(_ path: String) -> String {
        guard let real = realpath(path, nil) else {
            let folder = folder(of: path)
            guard folder != path, let realFolder = realpath(folder, nil) else { return path }
            defer { free(realFolder) }
            return String(cString: realFolder) + "/" + name(of: path)
        }
        defer { free(real) }
        return String(cString: real)
    }

    static func folder(of path: String) -> String {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    static func name(of path: String) -> String {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return path }
        return String(path[path.utf8.index(after: slash)...])
    }

    /// Locks an open file for this handle alone, if nobody else has it.
    static func tryLock(_ handle: Handle, _ path: String) throws -> Bool {
        while true {
            if flock(handle.descriptor, LOCK_EX | LOCK_NB) == 0 { return true }
            if errno == EWOULDBLOCK { return false }
            if errno != EINTR { throw failure("locked", path) }
        }
    }

    static func unlock(_ handle: Handle) { _ = flock(handle.descriptor, LOCK_UN) }

    static func pause(milliseconds: Double) { usleep(UInt32(milliseconds * 1000)) }

    static var processID: Int32 { getpid() }

    /// The error of the last system call.
    private static func failure(_ done: String, _ path: String) -> StorageError {
        let number = errno
        let (code, name): (StorageError.Code, String) =
            switch number {
            case ENOSPC: (.storageFull, "ENOSPC")
            case EDQUOT: (.storageFull, "EDQUOT")
            case EFBIG: (.storageFull, "EFBIG")
            case EIO: (.storageFull, "EIO")
            case EACCES: (.permission, "EACCES")
            case EPERM: (.permission, "EPERM")
            case EROFS: (.readOnly, "EROFS")
            case ENOENT: (.notFound, "ENOENT")
            case ENOTDIR: (.notFound, "ENOTDIR")
            case EISDIR: (.corrupt, "EISDIR")
            case EMFILE: (.unavailable, "EMFILE")
            case ENFILE: (.unavailable, "ENFILE")
            case ELOOP: (.configuration, "ELOOP")
            case ENAMETOOLONG: (.configuration, "ENAMETOOLONG")
            default: (.unavailable, "errno")
            }
        return StorageError(code, "the file could not be \(done): \(String(cString: strerror(number)))")
            .at(.init(path: path)).from(.init("\(name) (\(number))"))
    }
}

extension FileSystem {
    static var readWriteCreate: Int32 { O_RDWR | O_CREAT }
    static var readOnly: Int32 { O_RDONLY }
    static var readWrite: Int32 { O_RDWR }
    static var readWriteNew: Int32 { O_RDWR | O_CREAT | O_EXCL }
}
