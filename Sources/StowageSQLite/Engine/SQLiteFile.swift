#if SQLite
internal import CSQLite
internal import Stowage

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// The database file before SQLite reads it.
enum SQLiteFile {
    /// The path from the root: SQLite gives `:memory:`, the empty path and `file:` meanings of their own, and a later
    /// change of the working directory must not move the store.
    static func absolute(_ path: String) -> String {
        if path.utf8.first == UInt8(ascii: "/") { return path }
        guard let folder = getcwd(nil, 0) else { return path }
        defer { free(folder) }
        return String(cString: folder) + "/" + path
    }

    /// Checks that there is a file to open, and for writing makes an empty one, for its owner only.
    ///
    /// - Throws: `notFound` for reading when it is absent, `corrupt` when it is no ordinary file, `permission`, `readOnly`,
    ///   `storageFull` as the system says.
    static func prepare(_ path: String, access: StorageAccess) throws {
        var status = stat()
        if stat(path, &status) == 0 {
            try StoreFile.requireOrdinary(path)
            // Root may write it all the same, but nobody means it to be written.
            if access == .readWrite, status.st_mode & 0o222 == 0 {
                throw StorageError(
                    .readOnly,
                    "the database file may not be written",
                    advice: "Allow it, or open it read-only"
                ).at(StorageError.Place(path: path))
            }
            return
        }
        guard errno == ENOENT, access == .readWrite else { throw systemError(errno, path) }
        try makeFolders(of: path)
        try makeEmptyFile(path)
    }

    /// Whether a file is there and not empty: an empty one is a new database.
    static func holdsBytes(_ path: String) throws -> Bool {
        var status = stat()
        if stat(path, &status) == 0 { return status.st_size > 0 }
        if errno == ENOENT || errno == ENOTDIR { return false }
        throw systemError(errno, path)
    }

    /// How many bytes a file holds; 0 when it is absent.
    static func size(_ path: String) -> Int64 {
        var status = stat()
        return stat(path, &status) == 0 ? Int64(status.st_size) : 0
    }

    /// Whether this process may write a file and make others beside it.
    static func mayWriteBeside(_ path: String) -> Bool {
        var status = stat()
        // Root may write it all the same, but nobody means it to be written.
        guard stat(path, &status) == 0, status.st_mode & 0o222 != 0, access(path, W_OK) == 0 else { return false }
        let folder = path.lastIndex(of: "/").map { path[..<$0] } ?? ""
        return access(folder.isEmpty ? "/" : String(folder), W_OK) == 0
    }

    private static func makeFolders(of path: String) throws {
        var index = path.startIndex
        while let slash = path[index...].dropFirst().firstIndex(of: "/") {
            // What cannot be made shows when the file is made.
            if mkdir(String(path[..<slash]), 0o700) != 0, errno != EEXIST, errno != EISDIR {
                let code = errno
                if access(String(path[..<slash]), F_OK) != 0 { throw systemError(code, path) }
            }
            index = slash
        }
    }

    /// Makes the file beside its place and links it there.
    ///
    /// Made in place, it could be opened by another connection of this process before our descriptor is closed, and
    /// closing any descriptor of a file drops the locks that the process holds on it (POSIX).
    private static func makeEmptyFile(_ path: String) throws {
        let temporary = "\(path).\(getpid())-\(UInt32.random(in: 0...UInt32.max)).new"
        let file = open(temporary, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw systemError(errno, path) }
        Self.closeFile(file)
        defer { unlink(temporary) }
        // Somebody else was first, or the file system has no links and SQLite will make the file.
        if link(temporary, path) != 0, ![EEXIST, EPERM, ENOTSUP, ENOSYS].contains(errno) {
            throw systemError(errno, path)
        }
    }

    private static func closeFile(_ file: Int32) { close(file) }

    static func systemError(_ number: Int32, _ path: String) -> StorageError {
        let error =
            switch number {
            case ENOENT: StorageError(.notFound, "the database file does not exist", advice: "Check the path")
            case EACCES, EPERM: StorageError(.permission, "the system denies access to the database file")
            case EROFS: StorageError(.readOnly, "the file system is read-only")
            case ENOSPC, EDQUOT: StorageError(.storageFull, "the disk is full")
            case ENOTDIR: StorageError(.configuration, "a part of the database file's path is a file")
            default: StorageError(.unavailable, "the database file cannot be opened", isRetryable: false)
            }
        return error.at(StorageError.Place(path: path)).from(StorageError.BackendCode("errno \(number)"))
    }

    /// How a file is kept, as its header says.
    enum Form {
        /// Nothing is in it: a new database.
        case empty
        /// With a journal to roll back.
        case journal
        /// With a write-ahead log.
        case log
    }

    /// Reads the header, or says what a file is that SQLite did not write (DUR-4).
    ///
    /// It is read through the connection's own descriptor, see ``makeEmptyFile(_:)``.
    static func checkHeader(_ connection: SQLiteConnection) throws -> Form {
        var pointer: UnsafeMutablePointer<sqlite3_file>?
        let code = withUnsafeMutablePointer(to: &pointer) {
            sqlite3_file_control(connection.handle, "main", SQLITE_FCNTL_FILE_POINTER, $0)
        }
        guard code == SQLITE_OK, let file = pointer, let methods = file.pointee.pMethods else { return .empty }
        var size: Int64 = 0
        guard methods.pointee.xFileSize(file, &size) == SQLITE_OK, size > 0 else { return .empty }
        var start = [UInt8](repeating: 0, count: min(Int(size), 64))
        guard methods.pointee.xRead(file, &start, Int32(start.count), 0) == SQLITE_OK else { return .journal }
        // Byte 18 is the version that writing needs: 2 is the write-ahead log.
        if start.starts(with: "SQLite format 3\0".utf8) { return start.count > 18 && start[18] == 2 ? .log : .journal }
        let mark: [UInt8] = [0xef, 0xbb, 0xbf]
        let content = (start.starts(with: mark) ? start[3...] : start[...]).drop {
            [0x20, 0x09, 0x0a, 0x0d].contains($0)
        }
        let isJSON = content.first == UInt8(ascii: "{") || content.first == UInt8(ascii: "[")
        throw StorageError(
            .corrupt,
            isJSON ? "the file is a JSON document, not a SQLite database" : "the file is not a SQLite database",
            advice: isJSON ? "Choose the json backend for this file" : "Choose another path"
        ).at(StorageError.Place(path: connection.path, byteOffset: 0))
    }
}
#endif
