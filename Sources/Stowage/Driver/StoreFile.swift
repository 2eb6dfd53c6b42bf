#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// What a driver does with the file of its store before and beside its engine. All of it blocks: call it on a
/// ``WorkerThread``.
public enum StoreFile {
    /// Makes the folders of a file that is about to be made, for its owner alone.
    ///
    /// - Returns: Whether the file is absent.
    /// - Throws: `notFound` when it is absent and to be read only; `permission` and its kin as the system says.
    public static func prepare(_ path: String, access mode: StorageAccess) throws -> Bool {
        if access(path, F_OK) == 0 { return false }
        guard errno == ENOENT, mode == .readWrite else { throw StorageError.system(errno, "opening", path: path) }
        var index = path.startIndex
        while let slash = path[index...].dropFirst().firstIndex(of: "/") {
            let folder = String(path[..<slash])
            if mkdir(folder, 0o700) != 0 {
                // A folder that is there is fine, whatever `mkdir` says of it: it may be a link or on a file system that
                // is read-only.
                let code = errno
                if access(folder, F_OK) != 0 { throw StorageError.system(code, "making the folder of", path: path) }
            }
            index = slash
        }
        return true
    }

    /// Makes the name of a file that was just made survive power loss (DUR-1).
    public static func flushFolder(of path: String) throws { try FileBytes.flushFolder(of: path) }

    /// The one path that names a file, links followed; the path itself when there is no file.
    public static func resolved(_ path: String) -> String {
        guard let text = realpath(path, nil) else { return path }
        defer { free(text) }
        return String(cString: text)
    }

    /// Checks that what a path names, if it names anything, can hold a store: a directory cannot, nor can a device, a pipe
    /// or a socket, and to open a pipe would wait for whoever writes to it.
    ///
    /// - Throws: `corrupt`.
    public static func requireOrdinary(_ path: String) throws {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT != S_IFREG else { return }
        throw noFile(path, isDirectory: status.st_mode & S_IFMT == S_IFDIR)
    }

    /// The error for what is no ordinary file.
    package static func noFile(_ path: String, isDirectory: Bool) -> StorageError {
        StorageError(
            .corrupt,
            isDirectory
                ? "a directory stands where the file should be"
                : "what has the file's name is a device, a pipe or a socket",
            advice: isDirectory ? "Name a file in it" : "Name an ordinary file"
        ).at(.init(path: path))
    }

    /// Whether two paths lead to one file, also by links of either kind; false when either leads to none.
    public static func isSame(_ left: String, _ right: String) -> Bool {
        var (first, second) = (stat(), stat())
        guard stat(left, &first) == 0, stat(right, &second) == 0 else { return false }
        return first.st_dev == second.st_dev && first.st_ino == second.st_ino
    }

    /// Checks that a file can be made in its folder, or renamed and replaced there; of folders that are not there yet,
    /// the nearest one that is counts.
    ///
    /// - Throws: `permission`, or `readOnly` on a file system that cannot be written.
    public static func requireWritableFolder(of path: String) throws {
        var folder = resolved(path)
        repeat {
            let end = folder.utf8.lastIndex(of: UInt8(ascii: "/")) ?? folder.startIndex
            folder = end == folder.startIndex ? "/" : String(folder[..<end])
            if faccessat(AT_FDCWD, folder, W_OK | X_OK, AT_EACCESS) == 0 { return }
            // A part of the path that is no folder is refused when the file is opened, with better words.
            if errno == ENOTDIR { return }
        } while errno == ENOENT && folder != "/"
        throw StorageError.system(errno, "writing in the folder of", path: path)
    }

    /// Checks that a file, if it is there, can be written.
    ///
    /// - Throws: `permission`, or `readOnly` on a file system that cannot be written.
    public static func requireWritable(_ path: String) throws {
        guard faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) != 0, errno != ENOENT else { return }
        throw StorageError.system(errno, "writing", path: path)
    }

    /// How many bytes a file has.
    public static func size(of path: String) throws -> Int {
        var status = stat()
        guard stat(path, &status) == 0 else { throw StorageError.system(errno, "looking at", path: path) }
        return Int(status.st_size)
    }

    /// Makes an open file longer without taking room on the disk; one that is long enough stays as it is.
    ///
    /// Two processes that do so at once must hold a lock: the one that looked first could cut off what the other added.
    public static func extend(descriptor: CInt, to size: Int, path: String) throws {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw StorageError.system(errno, "looking at", path: path) }
        if status.st_size < size, ftruncate(descriptor, off_t(size)) != 0 {
            throw StorageError.system(errno, "extending", path: path)
        }
    }
}

extension StorageError {
    /// What a system call's error number means: `notFound`, `permission`, `readOnly`, `corrupt` for a directory,
    /// `storageFull` for the others.
    ///
    /// - Parameters:
    ///   - code: The error number.
    ///   - doing: What was done, as in "opening" the file.
    ///   - path: The file.
    public static func system(_ code: CInt, _ doing: String, path: String) -> StorageError {
        FileBytes.failure(doing, path, code)
    }
}
