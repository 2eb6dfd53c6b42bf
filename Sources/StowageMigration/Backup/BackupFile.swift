internal import Stowage

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// An opened backup, which stays the same file whatever becomes of its name. Its calls block: they run on a worker.
final class BackupFile: Sendable {
    let path: String
    let size: Int
    private let descriptor: CInt

    /// Opens a file.
    ///
    /// - Throws: `notFound`, `permission`, `corrupt` for a directory, `invalidArgument` for what is no file.
    convenience init(_ path: String) throws {
        // A pipe without a writer would hold the thread for ever.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw FileBytes.failure("opening", path) }
        try self.init(owning: descriptor, path)
    }

    /// Takes over an open descriptor.
    init(owning descriptor: CInt, _ path: String) throws {
        self.path = path
        self.descriptor = descriptor
        var status = stat()
        let code = fstat(descriptor, &status) == 0 ? 0 : errno
        size = Int(status.st_size)
        if code != 0 { throw FileBytes.failure("opening", path, code) }
        switch status.st_mode & S_IFMT {
        case S_IFREG: break
        case S_IFDIR: throw FileBytes.failure("reading", path, EISDIR)
        default:
            throw StorageError(.invalidArgument, "a backup is read from a file", advice: "Name a file")
                .at(.init(path: path))
        }
    }

    deinit { close(descriptor) }

    /// Appends at most `count` bytes from a place on; fewer only at the end of the file.
    func read(_ count: Int, at offset: Int, appendingTo bytes: inout [UInt8]) throws {
        let start = bytes.count
        bytes.append(contentsOf: repeatElement(0, count: count))
        var filled = 0
        while filled < count {
            let read = bytes.withUnsafeMutableBytes { buffer in
                pread(descriptor, buffer.baseAddress! + start + filled, count - filled, off_t(offset + filled))
            }
            if read < 0 {
                if errno == EINTR { continue }
                throw FileBytes.failure("reading", path)
            }
            if read == 0 { break }
            filled += read
        }
        bytes.removeLast(count - filled)
    }

    /// The line that closes the backup, and where it begins.
    ///
    /// - Throws: `corrupt` when the file is cut short, or goes on after that line.
    func trailer() throws -> (trailer: BackupTrailer, offset: Int) {
        let length = min(size, BackupFormat.maximumTrailerBytes)
        var tail: [UInt8] = []
        try read(length, at: size - length, appendingTo: &tail)
        let body = tail.dropLast()
        let start = body.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        guard let trailer = BackupTrailer(Array(tail[start...])), trailer.byteCount == size - length + start else {
            throw StorageError(
                .corrupt,
                "the backup is not whole: its last line is not the one that closes a backup",
                advice: "It was cut short or added to: take another copy"
            ).at(
                .init(
                    path: path,
                    byteOffset: size - tail.count + start,
                    line: try line(ofByte: size - tail.count + start)
                )
            )
        }
        return (trailer, trailer.byteCount)
    }

    /// Whether the bytes are those that were written; nil when the file does not say.
    func isWhole() throws -> Bool? {
        guard let (trailer, end) = try? trailer() else { return nil }
        var lines = BackupLines(self, end: end)
        return try lines.checksumOfRest() == trailer.checksum
    }

    /// The line in which a byte stands, counted from one.
    private func line(ofByte offset: Int) throws -> Int {
        var (line, position) = (1, 0)
        while position < offset {
            var chunk: [UInt8] = []
            try read(min(BackupLines.chunk, offset - position), at: position, appendingTo: &chunk)
            if chunk.isEmpty { break }
            line += chunk.reduce(0) { $0 + ($1 == UInt8(ascii: "\n") ? 1 : 0) }
            position += chunk.count
        }
        return line
    }
}

/// The lines of a file, read once from its beginning to some byte, with the checksum of what was read.
struct BackupLines {
    static let chunk = 1 << 20

    private let file: BackupFile
    private let end: Int
    private var buffer: [UInt8] = []
    /// The place in the buffer of the next line, and in the file of what is read next.
    private var next = 0
    private var position = 0
    private var checksum = SHA256()

    /// The line last handed over, counted from one, and where it begins.
    private(set) var line = 0
    private(set) var offset = 0

    init(_ file: BackupFile, end: Int) {
        self.file = file
        self.end = end
    }

    /// Where the line after the last one begins.
    var nextOffset: Int { position - (buffer.count - next) }

    /// Hands over the next line without its line break; nil when there is none.
    ///
    /// - Parameter limit: A line that is longer is not read to its end, and nil is returned.
    mutating func withNext<Result>(
        limit: Int = .max,
        _ body: (UnsafeBufferPointer<UInt8>) throws -> Result
    ) throws -> Result? {
        var searched = next
        while true {
            if let stop = lineBreak(from: searched) {
                line += 1
                offset = nextOffset
                let range = next..<stop
                next = stop + 1
                return try buffer.withUnsafeBufferPointer { try body(UnsafeBufferPointer(rebasing: $0[range])) }
            }
            guard buffer.count - next <= limit else { return nil }
            searched = buffer.count - next
            guard try fill() else { return nil }
        }
    }

    /// The checksum of everything from the beginning to the end, whose rest is read now.
    mutating func checksumOfRest() throws -> String {
        next = buffer.count
        while try fill() { next = buffer.count }
        return checksum.hex
    }

    /// The checksum of everything, once the last line was handed over; nil before.
    var finalChecksum: String? { position == end && next == buffer.count ? checksum.hex : nil }

    private func lineBreak(from start: Int) -> Int? {
        buffer.withUnsafeBytes { bytes in
            guard start < bytes.count, let base = bytes.baseAddress,
                let found = memchr(base + start, 0x0a, bytes.count - start)
            else { return nil }
            return UnsafeRawPointer(found) - base
        }
    }

    /// Reads on; false at the end.
    private mutating func fill() throws -> Bool {
        buffer.removeFirst(next)
        next = 0
        let start = buffer.count
        try file.read(min(Self.chunk, end - position), at: position, appendingTo: &buffer)
        position += buffer.count - start
        buffer.withUnsafeBytes { checksum.update(UnsafeRawBufferPointer(rebasing: $0[start...])) }
        return buffer.count > start
    }
}
