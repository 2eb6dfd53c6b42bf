extension Timestamp: CustomStringConvertible {
    /// Reads an RFC 3339 time: `2024-04-29T15:23:00Z`, `2024-04-29 17:23:00.5+02:00`.
    ///
    /// Other offsets are converted to UTC, and a fraction of any length is rounded half-even to microseconds.
    ///
    /// - Throws: `invalidValue` for a text of another form, a time without zone, second 60, a date that does not exist,
    ///   and a time outside the years 0001 to 9999. The message does not quote the text.
    public init(rfc3339 text: String) throws(StorageError) {
        var text = text
        let result = text.withUTF8 { Self.parse($0) }
        switch result {
        case .success(let microseconds): self.init(uncheckedMicroseconds: microseconds)
        case .failure(let reason): throw StorageError(.invalidValue, reason.rawValue)
        }
    }

    /// The RFC 3339 text with six digits and `Z`, so that text order is time order.
    public var description: String {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: Self.textLength) { text in
            guard let start = text.baseAddress else { return "" }
            writeRFC3339(to: start)
            return UTF8Text.string(valid: UnsafeBufferPointer(text), isASCII: true)
        }
    }

    /// Reads an RFC 3339 time from UTF-8 bytes; nil when it is no such time (see ``init(rfc3339:)``).
    package static func microseconds(rfc3339 bytes: UnsafeBufferPointer<UInt8>) -> Int64? {
        if let microseconds = microseconds(canonical: bytes) { return microseconds }
        return if case .success(let microseconds) = parse(bytes) { microseconds } else { nil }
    }

    /// Reads the one form that is written, ``description``; nil for any other text.
    package static func microseconds(canonical bytes: UnsafeBufferPointer<UInt8>) -> Int64? {
        guard bytes.count == 27, bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"),
            bytes[10] == UInt8(ascii: "T"), bytes[13] == UInt8(ascii: ":"), bytes[16] == UInt8(ascii: ":"),
            bytes[19] == UInt8(ascii: "."), bytes[26] == UInt8(ascii: "Z")
        else { return nil }
        var hasOther = false
        func digit(_ index: Int) -> Int64 {
            let digit = bytes[index] &- 0x30
            hasOther = hasOther || digit > 9
            return Int64(digit)
        }
        func pair(_ index: Int) -> Int64 { digit(index) &* 10 &+ digit(index &+ 1) }
        let (year, month, day) = (pair(0) &* 100 &+ pair(2), pair(5), pair(8))
        let (hour, minute, second) = (pair(11), pair(14), pair(17))
        let fraction = (pair(20) &* 100 &+ pair(22)) &* 100 &+ pair(24)
        guard !hasOther, year > 0, (1...12).contains(month), day >= 1,
            day <= 28 || day <= dayCount(year: year, month: month), hour < 24, minute < 60, second < 60
        else { return nil }
        let seconds =
            days(year: year, month: month, day: day) &* 86_400 &+ hour &* 3_600 &+ minute &* 60 &+ second
        return seconds &* microsecondsPerSecond &+ fraction
    }

    /// How many bytes ``description`` has.
    static let textLength = 27

    /// Whether a text that is such a time has digits beyond the microsecond that are not zero.
    package static func isRounded(rfc3339 bytes: some RandomAccessCollection<UInt8>) -> Bool {
        // `2024-04-29T15:23:00.000000`
        guard bytes.count > 26 else { return false }
        return bytes.dropFirst(26).prefix { $0 &- 0x30 < 10 }.contains { $0 != 0x30 }
            && bytes[bytes.index(bytes.startIndex, offsetBy: 19)] == UInt8(ascii: ".")
    }

    /// Appends the 27 bytes of ``description``, without quotes.
    package func appendRFC3339(to bytes: inout [UInt8]) {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: Self.textLength) { text in
            guard let start = text.baseAddress else { return }
            writeRFC3339(to: start)
            bytes.append(contentsOf: UnsafeBufferPointer(text))
        }
    }

    /// Writes the 27 bytes of ``description``.
    func writeRFC3339(to text: UnsafeMutablePointer<UInt8>) {
        var days = microseconds / Self.microsecondsPerDay
        var rest = microseconds % Self.microsecondsPerDay
        if rest < 0 {
            rest += Self.microsecondsPerDay
            days -= 1
        }
        let date = Self.civil(days: days)
        let seconds = rest / Self.microsecondsPerSecond
        func put(_ value: Int64, at offset: Int, digits: Int, then mark: UInt8) {
            // Unsigned, and of 32 bits: a division is a multiplication then.
            var value = UInt32(truncatingIfNeeded: value)
            for index in stride(from: offset &+ digits &- 1, through: offset, by: -1) {
                text[index] = 0x30 &+ UInt8(truncatingIfNeeded: value % 10)
                value /= 10
            }
            text[offset &+ digits] = mark
        }
        put(date.year, at: 0, digits: 4, then: UInt8(ascii: "-"))
        put(date.month, at: 5, digits: 2, then: UInt8(ascii: "-"))
        put(date.day, at: 8, digits: 2, then: UInt8(ascii: "T"))
        put(seconds / 3_600, at: 11, digits: 2, then: UInt8(ascii: ":"))
        put(seconds / 60 % 60, at: 14, digits: 2, then: UInt8(ascii: ":"))
        put(seconds % 60, at: 17, digits: 2, then: UInt8(ascii: "."))
        put(rest % Self.microsecondsPerSecond, at: 20, digits: 6, then: UInt8(ascii: "Z"))
    }
}

extension Timestamp {
    private enum Refusal: String, Error {
        case malformed = "the text is not an RFC 3339 time"
        case noZone = "the time has no zone: write Z or an offset"
        case impossible = "the time does not exist in the calendar"
        case outOfRange = "the time is outside the years 0001 to 9999"
    }

    private static func parse(_ bytes: UnsafeBufferPointer<UInt8>) -> Result<Int64, Refusal> {
        func number(_ offset: Int, _ digits: Int) -> Int64? {
            var value: Int64 = 0
            for index in offset..<offset + digits {
                let digit = bytes[index] &- 0x30
                guard digit < 10 else { return nil }
                value = value * 10 + Int64(digit)
            }
            return value
        }
        guard bytes.count >= 19,
            let year = number(0, 4), bytes[4] == UInt8(ascii: "-"),
            let month = number(5, 2), bytes[7] == UInt8(ascii: "-"),
            let day = number(8, 2),
            bytes[10] == UInt8(ascii: "T") || bytes[10] == UInt8(ascii: "t") || bytes[10] == UInt8(ascii: " "),
            let hour = number(11, 2), bytes[13] == UInt8(ascii: ":"),
            let minute = number(14, 2), bytes[16] == UInt8(ascii: ":"),
            let second = number(17, 2)
        else { return .failure(.malformed) }
        guard (1...12).contains(month), day >= 1, day <= dayCount(year: year, month: month),
            hour < 24, minute < 60, second < 60
        else { return .failure(.impossible) }

        var index = 19
        var fraction: Int64 = 0
        if index < bytes.count, bytes[index] == UInt8(ascii: ".") {
            guard let value = roundedFraction(bytes, &index) else { return .failure(.malformed) }
            fraction = value
        }
        guard index < bytes.count else { return .failure(.noZone) }
        var offsetMinutes: Int64 = 0
        switch bytes[index] {
        case UInt8(ascii: "Z"), UInt8(ascii: "z"):
            index += 1
        case UInt8(ascii: "+"), UInt8(ascii: "-"):
            guard bytes.count - index == 6, bytes[index + 3] == UInt8(ascii: ":"),
                let hours = number(index + 1, 2), let minutes = number(index + 4, 2), hours < 24, minutes < 60
            else { return .failure(.malformed) }
            offsetMinutes = (hours * 60 + minutes) * (bytes[index] == UInt8(ascii: "+") ? 1 : -1)
            index += 6
        default:
            return .failure(.malformed)
        }
        guard index == bytes.count else { return .failure(.malformed) }

        let seconds =
            days(year: year, month: month, day: day) * 86_400
            + hour * 3_600 + (minute - offsetMinutes) * 60 + second
        let result = seconds * microsecondsPerSecond + fraction
        return isValid(microseconds: result) ? .success(result) : .failure(.outOfRange)
    }

    /// Reads `.` and at least one digit, and rounds half-even to microseconds; 1,000,000 carries into the seconds.
    private static func roundedFraction(_ bytes: UnsafeBufferPointer<UInt8>, _ index: inout Int) -> Int64? {
        index += 1
        let start = index
        var value: Int64 = 0
        var next: UInt8 = 0
        var hasMore = false
        while index < bytes.count {
            let digit = bytes[index] &- 0x30
            guard digit < 10 else { break }
            switch index - start {
            case 0..<6: value = value * 10 + Int64(digit)
            case 6: next = digit
            default: hasMore = hasMore || digit != 0
            }
            index += 1
        }
        guard index > start else { return nil }
        for _ in Swift.min(index - start, 6)..<6 { value *= 10 }
        if next > 5 || next == 5 && (hasMore || value % 2 == 1) { value += 1 }
        return value
    }
}
