package import Stowage

/// Moments as RFC 3339 text in UTC with six digits: `2024-04-29T15:23:00.000000Z`, whose text order is their order.
///
/// The only place of the SQL adapters that knows the form.
package enum SQLTime {
    /// The text of a moment.
    package static func text(of time: Timestamp) -> String {
        let (days, ofDay) = time.microseconds.flooringQuotient(by: 86_400_000_000)
        let (year, month, day) = civil(days: days)
        let seconds = ofDay / 1_000_000
        return String(unsafeUninitializedCapacity: 27) { buffer in
            func put(_ value: Int64, _ count: Int, at place: Int) {
                var rest = value
                for offset in stride(from: count - 1, through: 0, by: -1) {
                    buffer[place + offset] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
                    rest /= 10
                }
            }
            put(year, 4, at: 0)
            buffer[4] = UInt8(ascii: "-")
            put(month, 2, at: 5)
            buffer[7] = UInt8(ascii: "-")
            put(day, 2, at: 8)
            buffer[10] = UInt8(ascii: "T")
            put(seconds / 3600, 2, at: 11)
            buffer[13] = UInt8(ascii: ":")
            put(seconds / 60 % 60, 2, at: 14)
            buffer[16] = UInt8(ascii: ":")
            put(seconds % 60, 2, at: 17)
            buffer[19] = UInt8(ascii: ".")
            put(ofDay % 1_000_000, 6, at: 20)
            buffer[26] = UInt8(ascii: "Z")
            return 27
        }
    }

    /// The moment of a text in exactly this form; nil for any other.
    package static func time(_ text: UnsafeBufferPointer<UInt8>) -> Timestamp? {
        guard text.count == 27 else { return nil }
        var isValid = true
        func number(_ place: Int, _ count: Int) -> Int64 {
            var value: Int64 = 0
            for offset in place..<place + count {
                let digit = text[offset] &- UInt8(ascii: "0")
                if digit > 9 { isValid = false }
                value = value * 10 + Int64(digit)
            }
            return value
        }
        func expect(_ character: Unicode.Scalar, at place: Int) {
            if text[place] != UInt8(ascii: character) { isValid = false }
        }
        let (year, month, day) = (number(0, 4), number(5, 2), number(8, 2))
        let (hour, minute, second) = (number(11, 2), number(14, 2), number(17, 2))
        let fraction = number(20, 6)
        expect("-", at: 4)
        expect("-", at: 7)
        expect("T", at: 10)
        expect(":", at: 13)
        expect(":", at: 16)
        expect(".", at: 19)
        expect("Z", at: 26)
        guard isValid, year >= 1, (1...12).contains(month), hour < 24, minute < 60, second < 60 else { return nil }
        let days = daysFromCivil(year, month, day)
        guard day >= 1, civil(days: days) == (year, month, day) else { return nil }
        return Timestamp(microseconds: (days * 86_400 + hour * 3600 + minute * 60 + second) * 1_000_000 + fraction)
    }

    // Days and dates of the proleptic Gregorian calendar, after Howard Hinnant, "chrono-Compatible Low-Level Date
    // Algorithms": years begin in March, so that the leap day ends them; eras are 400 years.

    private static func civil(days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let (era, ofEra) = (days + 719_468).flooringQuotient(by: 146_097)
        let yearOfEra = (ofEra - ofEra / 1460 + ofEra / 36_524 - ofEra / 146_096) / 365
        let ofYear = ofEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * ofYear + 2) / 153
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, ofYear - (153 * shifted + 2) / 5 + 1)
    }

    private static func daysFromCivil(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let (era, yearOfEra) = (month <= 2 ? year - 1 : year).flooringQuotient(by: 400)
        let ofYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + ofYear - 719_468
    }
}

extension Int64 {
    fileprivate func flooringQuotient(by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}
