extension JSONScanner {
    /// Reads a number and returns where its text stands.
    package mutating func scanNumber() throws(JSONSyntaxError) -> Range<Int> {
        let start = position
        var index = position
        let end = bytes.count

        func digits(_ index: inout Int) -> Bool {
            let first = index
            while index < end, bytes[index] &- 0x30 < 10 { index += 1 }
            return index > first
        }
        guard index < end else { throw JSONSyntaxError(.truncated, at: index) }
        if bytes[index] == UInt8(ascii: "-") { index += 1 }
        if index < end, bytes[index] == UInt8(ascii: "0") {
            index += 1
            if index < end, bytes[index] &- 0x30 < 10 { throw JSONSyntaxError(.number, at: index) }
        } else if !digits(&index) {
            throw JSONSyntaxError(index == start ? .noNumber : .number, at: index)
        }
        if index < end, bytes[index] == UInt8(ascii: ".") {
            index += 1
            if !digits(&index) { throw JSONSyntaxError(.number, at: index) }
        }
        if index < end, bytes[index] | 0x20 == UInt8(ascii: "e") {
            index += 1
            if index < end, bytes[index] == UInt8(ascii: "+") || bytes[index] == UInt8(ascii: "-") { index += 1 }
            if !digits(&index) { throw JSONSyntaxError(.number, at: index) }
        }
        position = index
        return start..<index
    }

    /// The integer that a number's text stands for, when it is one and fits (VAL-3).
    package func int64(at range: Range<Int>) -> Int64? {
        JSONNumber.Digits(UnsafeBufferPointer(rebasing: bytes[range])).integer()
    }

    /// The double nearest to a number's text; nil when it is too large.
    package func double(at range: Range<Int>) -> Double? {
        JSONNumber.double(UnsafeBufferPointer(rebasing: bytes[range]))
    }

    /// A number's text as it was written.
    package func number(at range: Range<Int>) -> JSONNumber {
        JSONNumber(validated: String(decoding: bytes[range], as: UTF8.self))
    }
}
