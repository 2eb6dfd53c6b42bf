#if Postgres
/// The binary format of COPY: a header, a tuple a row, a trailer (PostgreSQL documentation, "COPY", File Formats).
///
/// The server sends a row a message, and the header at the beginning of the first.
enum PostgresCopyFormat {
    private static let signature: [UInt8] = Array("PGCOPY\n".utf8) + [0xff] + Array("\r\n".utf8) + [0]

    /// Where a message's row begins; nil when the header is not the one we know.
    static func startOfRow(_ message: UnsafeRawBufferPointer, hasHeader: Bool) -> Int? {
        guard hasHeader else { return 0 }
        let fixed = signature.count + 8
        guard message.count >= fixed, message.prefix(signature.count).elementsEqual(signature),
            let length = int32(message, at: signature.count + 4), length >= 0, message.count - fixed >= length
        else { return nil }
        return fixed + Int(length)
    }

    /// Whether a row is the mark of the end.
    static func isTrailer(_ row: UnsafeRawBufferPointer) -> Bool { row.count == 2 && int16(row, at: 0) == -1 }

    /// Reads the values of a row; false when it does not hold as many as there is room for.
    static func read(_ row: UnsafeRawBufferPointer, into cells: UnsafeMutableBufferPointer<PostgresCell>) -> Bool {
        guard let count = int16(row, at: 0), count == cells.count else { return false }
        var offset = 2
        for column in cells.indices {
            guard let length = int32(row, at: offset) else { return false }
            offset += 4
            if length < 0 {
                cells[column] = .null
                continue
            }
            guard row.count - offset >= Int(length) else { return false }
            cells[column] = PostgresCell(
                bytes: UnsafeRawBufferPointer(rebasing: row[offset..<offset + Int(length)])
            )
            offset += Int(length)
        }
        return offset == row.count
    }

    private static func int16(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> Int16? {
        guard bytes.count - offset >= 2 else { return nil }
        return Int16(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Int16.self))
    }

    private static func int32(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> Int32? {
        guard bytes.count - offset >= 4 else { return nil }
        return Int32(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Int32.self))
    }
}
#endif
