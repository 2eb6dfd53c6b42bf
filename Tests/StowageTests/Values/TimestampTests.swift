import Foundation
import Testing

@testable import Stowage

@Suite("Timestamp (VAL-5)")
struct TimestampTests {
    @Test("Texts that are read, with what is written")
    func accepted() throws {
        let cases = [
            ("2024-04-29T15:23:00Z", "2024-04-29T15:23:00.000000Z"),
            ("2024-04-29t15:23:00z", "2024-04-29T15:23:00.000000Z"),
            ("2024-04-29 15:23:00.5Z", "2024-04-29T15:23:00.500000Z"),
            ("2024-04-29T17:23:00+02:00", "2024-04-29T15:23:00.000000Z"),
            ("2024-04-29T15:23:00-00:00", "2024-04-29T15:23:00.000000Z"),
            ("2023-12-31T23:30:00-00:45", "2024-01-01T00:15:00.000000Z"),
            ("1970-01-01T00:00:00Z", "1970-01-01T00:00:00.000000Z"),
            ("1969-12-31T23:59:59.999999Z", "1969-12-31T23:59:59.999999Z"),
            ("1582-10-04T00:00:00Z", "1582-10-04T00:00:00.000000Z"),
            ("1582-10-10T00:00:00Z", "1582-10-10T00:00:00.000000Z"),
            ("2000-02-29T00:00:00Z", "2000-02-29T00:00:00.000000Z"),
            ("1600-02-29T00:00:00Z", "1600-02-29T00:00:00.000000Z"),
            ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000000Z"),
            ("0000-12-31T23:00:00-02:00", "0001-01-01T01:00:00.000000Z"),
            ("9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z"),
            // Half-even, at any length of fraction.
            ("2024-01-01T00:00:00.0000005Z", "2024-01-01T00:00:00.000000Z"),
            ("2024-01-01T00:00:00.0000015Z", "2024-01-01T00:00:00.000002Z"),
            ("2024-01-01T00:00:00.00000050000000000000000000000000000001Z", "2024-01-01T00:00:00.000001Z"),
            ("2024-01-01T00:00:00.0000014999999999999999999999Z", "2024-01-01T00:00:00.000001Z"),
            ("2024-12-31T23:59:59.9999995Z", "2025-01-01T00:00:00.000000Z"),
            ("1969-12-31T23:59:59.9999995Z", "1970-01-01T00:00:00.000000Z"),
            ("9999-12-31T23:59:59.99999949Z", "9999-12-31T23:59:59.999999Z"),
        ]
        for (text, written) in cases {
            #expect(try Timestamp(rfc3339: text).description == written, "\(text)")
        }
    }

    @Test("Texts that are refused")
    func refused() {
        let cases = [
            "", "2024", "2024-04-29", "2024-04-29T15:23Z", "2024-04-29T15:23:00", "2024-04-29T15:23:00.5",
            "2024-04-29T15:23:00.Z", "2024-04-29T15:23:60Z", "2016-12-31T23:59:60Z", "2024-04-29T24:00:00Z",
            "2024-04-29T15:60:00Z", "2023-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2024-04-31T00:00:00Z",
            "2024-00-10T00:00:00Z", "2024-13-10T00:00:00Z", "2024-01-00T00:00:00Z", "2024-01-32T00:00:00Z",
            "0000-12-31T23:59:59Z", "0001-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01",
            "9999-12-31T23:59:59.9999995Z", "2024-04-29T15:23:00+2:00", "2024-04-29T15:23:00+0200",
            "2024-04-29T15:23:00+24:00", "2024-04-29T15:23:00+00:60", "2024-04-29T15:23:00Zx", "2024-04-29T15:23:00Z ",
            " 2024-04-29T15:23:00Z", "2024-04-29_15:23:00Z", "２024-04-29T15:23:00Z", "-024-04-29T15:23:00Z",
            "12024-04-29T15:23:00Z", "2024-4-29T15:23:00Z", "2024-04-29T15:23:00,5Z", "2024-04-29T15:23:00.5+",
            "2024-04-29T15:23:00\u{0}", "now",
        ]
        for text in cases {
            let error = #expect(throws: StorageError.self, "\(text)") { try Timestamp(rfc3339: text) }
            #expect(error?.code == .invalidValue)
        }
    }

    @Test("The calendar has every day from year 1 to 9999, once and in order")
    func calendar() {
        var day = Timestamp.min.microseconds / Timestamp.microsecondsPerDay
        for year in Int64(1)...9999 {
            for month in Int64(1)...12 {
                let last = Timestamp.dayCount(year: year, month: month)
                for date in [1, last] {
                    let days = Timestamp.days(year: year, month: month, day: date)
                    guard days == day + date - 1, Timestamp.civil(days: days) == (year, month, date) else {
                        Issue.record("\(year)-\(month)-\(date) is day \(days)")
                        return
                    }
                }
                day += last
            }
        }
        #expect(day * Timestamp.microsecondsPerDay == Timestamp.max.microseconds + 1)
    }

    @Test("Text order is time order, and text reads back")
    func generated() throws {
        let seed = UInt64.random(in: .min ... .max)
        var generator = ValuesGenerator(seed: seed)
        let range = Timestamp.min.microseconds...Timestamp.max.microseconds
        var previous = Timestamp.min
        for _ in 0..<5_000 {
            let time = Timestamp(uncheckedMicroseconds: .random(in: range, using: &generator))
            #expect(try Timestamp(rfc3339: time.description) == time, "seed \(seed)")
            #expect((time < previous) == (time.description < previous.description), "seed \(seed)")
            previous = time
        }
    }

    @Test("A date from 1729 to 2273 comes back to the microsecond")
    func dates() throws {
        let seed = UInt64.random(in: .min ... .max)
        var generator = ValuesGenerator(seed: seed)
        let first = try Timestamp(rfc3339: "1729-01-01T00:00:00Z").microseconds
        let last = try Timestamp(rfc3339: "2273-12-31T23:59:59.999999Z").microseconds - 366 * 86_400_000_000
        for _ in 0..<20_000 {
            let time = Timestamp(uncheckedMicroseconds: .random(in: first...last, using: &generator))
            #expect(try Timestamp(time.date) == time, "seed \(seed)")
        }
        for time in [Timestamp.min, .max] {
            #expect(
                abs(
                    try Timestamp(time.date.addingTimeInterval(time == .max ? -1 : 1)).microseconds
                        - time.microseconds
                ) <= 1_000_020
            )
        }
    }

    @Test("A date outside 1729 to 2273 is the nearest one")
    func nearestDates() {
        let seed = UInt64.random(in: .min ... .max)
        var generator = ValuesGenerator(seed: seed)
        for _ in 0..<5_000 {
            let microseconds = Int64.random(
                in: Timestamp.min.microseconds...Timestamp.max.microseconds,
                using: &generator
            )
            let seconds = Timestamp(uncheckedMicroseconds: microseconds).date.timeIntervalSinceReferenceDate
            // Decimal holds both exactly, so this is the definition itself.
            let wanted = Decimal(microseconds) / 1_000_000 - 978_307_200
            func distance(_ seconds: Double) -> Decimal {
                let scaled = Int64(seconds * 0x1p20)  // A double of this size has at most 20 binary places near 1e10.
                let value = abs(seconds) < 0x1p32 ? nil : Decimal(scaled) / 1_048_576
                return value.map { abs($0 - wanted) } ?? 0
            }
            guard abs(seconds) >= 0x1p32 else { continue }
            #expect(distance(seconds) <= distance(seconds.nextUp), "seed \(seed)")
            #expect(distance(seconds) <= distance(seconds.nextDown), "seed \(seed)")
        }
    }

    @Test("Dates are rounded half-even, and refused when they are no time")
    func rounding() throws {
        // Binary fractions are exact: 2^-7 s is 7812.5 µs.
        let cases: [(Double, Int64)] = [
            (0x1p-7, 7_812), (0x3p-7, 23_438), (-0x1p-7, -7_812), (-0x3p-7, -23_438), (0x1p-7 + 0x1p-40, 7_813),
            (0x1p-7 - 0x1p-40, 7_812), (0.1, 100_000), (-0.1, -100_000), (1_000_000 + 0x1p-7, 1_000_000_007_812),
        ]
        for (seconds, microseconds) in cases {
            let time = try Timestamp(Date(timeIntervalSinceReferenceDate: seconds))
            #expect(time.microseconds - 978_307_200_000_000 == microseconds, "\(seconds)")
        }
        for seconds in [Double.nan, .infinity, -.infinity, 1e300, -1e300, 1e13, 2.6e11, -6.4e10, .signalingNaN] {
            let error = #expect(throws: StorageError.self) {
                try Timestamp(Date(timeIntervalSinceReferenceDate: seconds))
            }
            #expect(error?.code == .invalidValue)
        }
        #expect(throws: StorageError.self) { try Timestamp(Date.distantPast.addingTimeInterval(-86_400 * 3)) }
        #expect(abs(Timestamp.now.date.timeIntervalSinceNow) < 60)
    }

    @Test("Microseconds outside the range are refused")
    func range() throws {
        #expect(try Timestamp(microseconds: Timestamp.min.microseconds) == .min)
        #expect(try Timestamp(microseconds: Timestamp.max.microseconds) == .max)
        for microseconds in [Timestamp.min.microseconds - 1, Timestamp.max.microseconds + 1, .min, .max] {
            #expect(throws: StorageError.self) { try Timestamp(microseconds: microseconds) }
        }
    }

    @Test("Codable writes the text")
    func codable() throws {
        let time = try Timestamp(rfc3339: "1066-10-14T09:00:00.000001Z")
        let data = try JSONEncoder().encode([time])
        #expect(String(decoding: data, as: UTF8.self) == #"["1066-10-14T09:00:00.000001Z"]"#)
        #expect(try JSONDecoder().decode([Timestamp].self, from: data) == [time])
        #expect(throws: DecodingError.self) { try JSONDecoder().decode([Timestamp].self, from: Data(#"["x"]"#.utf8)) }
    }
}
