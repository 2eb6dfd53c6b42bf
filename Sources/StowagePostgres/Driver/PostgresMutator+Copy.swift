#if Postgres
internal import FoundationEssentials
internal import Stowage
internal import StowageSQL

/// Loading many new records at once.
extension PostgresMutator {
    /// Loads rows by COPY. Answers `false`, with nothing loaded, when the server refused one of them: it does not say
    /// which, so they have to be inserted one by one.
    func copy(_ rows: [Row]) async throws -> Bool {
        guard rows.count >= Self.copyThreshold else { return false }
        var next = 0
        let table = table.table
        do {
            try await transaction.undoingFailures("stowage_copy") {
                try await transaction.copy(self.table.copy) {
                    guard next < rows.count else { return nil }
                    var chunk: [UInt8] = []
                    chunk.reserveCapacity(72 << 10)
                    while next < rows.count, chunk.count < 64 << 10 {
                        rows[next].appendCopyText(of: table, to: &chunk)
                        next += 1
                    }
                    return chunk
                }
            }
            return true
        } catch let error as StorageError where error.leavesTransactionUsable {
            return false
        }
    }
}

extension Row {
    /// The row as a line of COPY's text format.
    fileprivate func appendCopyText(of table: SQLTable, to bytes: inout [UInt8]) {
        for (position, value) in values.enumerated() {
            if position > 0 { bytes.append(UInt8(ascii: "\t")) }
            value.appendCopyText(to: &bytes)
        }
        if table.keepsUnknown {
            bytes.append(UInt8(ascii: "\t"))
            (unknown.map(Value.json) ?? .null).appendCopyText(to: &bytes)
        }
        bytes.append(UInt8(ascii: "\n"))
    }
}

extension Value {
    fileprivate func appendCopyText(to bytes: inout [UInt8]) {
        switch self {
        case .null: bytes += #"\N"#.utf8
        case .bool(let value): bytes.append(UInt8(ascii: value ? "t" : "f"))
        case .int(let value): bytes += String(value).utf8
        case .double(let value): bytes += value.description.utf8
        case .text(let text), .json(let text): Self.append(escaping: text, to: &bytes)
        case .uuid(let value): bytes += value.uuidString.utf8
        case .time(let value): bytes += value.description.utf8
        case .decimal(let value): bytes += SQLDecimal.text(of: value).utf8
        case .data(let data):
            // The backslash of the hexadecimal form is itself escaped.
            bytes += #"\\x"#.utf8
            for byte in data {
                bytes.append(Self.digits[Int(byte >> 4)])
                bytes.append(Self.digits[Int(byte & 15)])
            }
        }
    }

    private static let digits = Array("0123456789abcdef".utf8)

    private static func append(escaping text: String, to bytes: inout [UInt8]) {
        var text = text
        text.withUTF8 { utf8 in
            var plain = 0
            for (index, byte) in utf8.enumerated() {
                let escape: UInt8
                switch byte {
                case UInt8(ascii: "\\"): escape = UInt8(ascii: "\\")
                case UInt8(ascii: "\n"): escape = UInt8(ascii: "n")
                case UInt8(ascii: "\r"): escape = UInt8(ascii: "r")
                case UInt8(ascii: "\t"): escape = UInt8(ascii: "t")
                default: continue
                }
                bytes += utf8[plain..<index]
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(escape)
                plain = index + 1
            }
            bytes += utf8[plain...]
        }
    }
}
#endif
