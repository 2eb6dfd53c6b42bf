#if SQLite
internal import Stowage

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// A file in WAL mode in a folder that cannot be written, with no log beside it.
///
/// Readers of such a file lock it through a file beside it, which cannot be made here. SQLite then reads it only as
/// `immutable`: without locks, and blind to a log. That is right as long as nobody writes, and nobody does while there is
/// no log: every writer makes one before its first commit, and only the last to close removes it. A writer that comes
/// later, as another user or from another mount, is seen by its log or by the file's times, which are looked at after
/// every row: the call ends with `conflict` instead of a mixture of old and new.
struct SQLiteFrozenFile: Sendable, Equatable {
    private let path: String
    private let status: Status

    private struct Status: Equatable {
        var device: UInt64
        var file: UInt64
        var size: Int64
        var modified: [Int]
    }

    /// Looks at the file.
    ///
    /// - Throws: `permission` when a log stands beside it, which holds what the file does not.
    init(_ path: String) throws {
        self.path = path
        status = try Self.status(path)
        guard SQLiteFile.size(path + "-wal") == 0 else {
            throw StorageError(
                .permission,
                "the database has a write-ahead log, which cannot be read in a folder that cannot be written",
                advice: "Allow writing the folder, or copy the file and its -wal to a folder that can be written"
            ).at(StorageError.Place(path: path))
        }
    }

    /// The file as SQLite opens it without locks.
    var uri: String {
        var text = "file:"
        for byte in path.utf8 {
            switch byte {
            case 0x2d...0x39, 0x41...0x5a, 0x61...0x7a, UInt8(ascii: "_"), UInt8(ascii: "~"):
                text.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                text += "%" + (digits.utf8.count == 1 ? "0" : "") + digits
            }
        }
        return text + "?immutable=1"
    }

    /// Checks that nobody has written since.
    ///
    /// - Throws: `conflict` when somebody may have.
    func check() throws {
        if try Self.status(path) == status, SQLiteFile.size(path + "-wal") == 0 { return }
        throw StorageError(
            .conflict,
            "another program wrote the database, which was being read without locks",
            advice: "Open it again",
            isRetryable: false
        ).at(StorageError.Place(path: path))
    }

    private static func status(_ path: String) throws -> Status {
        var found = stat()
        guard stat(path, &found) == 0 else { throw SQLiteFile.systemError(errno, path) }
        #if canImport(Darwin)
        let modified = [found.st_mtimespec.tv_sec, found.st_mtimespec.tv_nsec, found.st_ctimespec.tv_nsec]
        #else
        let modified = [found.st_mtim.tv_sec, found.st_mtim.tv_nsec, found.st_ctim.tv_sec, found.st_ctim.tv_nsec]
        #endif
        return Status(
            device: UInt64(truncatingIfNeeded: found.st_dev),
            file: UInt64(truncatingIfNeeded: found.st_ino),
            size: Int64(found.st_size),
            modified: modified
        )
    }
}
#endif
