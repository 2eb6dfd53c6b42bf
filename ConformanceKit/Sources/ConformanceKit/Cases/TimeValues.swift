internal import FoundationEssentials
internal import Stowage

// VAL-5: time.
extension ConformanceCases {
    static let times: [ConformanceCase] = [
        ConformanceCase("val.time.every-microsecond", ["VAL-5"]) { check in
            let zoo = try await check.storage(Zoo.self)
            for (index, value) in HostileValues.times.enumerated() {
                try await zoo.create(Zoo(id: "z\(index)", time: value, timeMaybe: value))
                let found = try await zoo.get("z\(index)")
                check.expectEqual(found?.time, value, "\(value) comes back to the microsecond")
                check.expectEqual(found?.timeMaybe, value, "\(value) comes back from an optional field")
                check.expectEqual(try await zoo.count(.where { $0.time == value }), 1, "\(value) is found by a query")
            }
            check.expectEqual(
                try await zoo.fetch(.sort(\.time)).map(\.time),
                HostileValues.times.sorted(),
                "moments order by time",
                rule: "QRY-2"
            )
        },
        ConformanceCase("val.time.far-years", ["VAL-5"]) { check in
            let zoo = try await check.storage(Zoo.self)
            let texts = [
                "0001-01-01T00:00:00.000000Z", "0999-12-31T23:59:59.999999Z", "1500-02-28T12:00:00.000001Z",
                "1582-10-04T23:59:59.999999Z", "1582-10-05T00:00:00.000000Z", "1582-10-14T00:00:00.000000Z",
                "1582-10-15T00:00:00.000000Z", "1900-02-28T00:00:00.000000Z", "2000-02-29T00:00:00.000000Z",
                "9999-12-31T23:59:59.999999Z",
            ]
            for text in texts { try await zoo.create(Zoo(id: text, time: try Timestamp(rfc3339: text))) }
            for text in texts {
                check.expectEqual(
                    try await zoo.get(text)?.time.description,
                    text,
                    "the calendar is Gregorian back to year 1"
                )
            }
            check.expectEqual(try await zoo.fetch(.sort(\.time)).map(\.id), texts, "time order is text order")
        },
        ConformanceCase("val.date.exact-microseconds", ["VAL-5"]) { check in
            let zoo = try await check.storage(Zoo.self)
            var generator = check.generator()
            var dates = HostileValues.dates
            // Whole microseconds from 1730 to 2270, where a Date holds them exactly.
            for _ in 0..<100 {
                let microseconds = Int64.random(in: -7_500_000_000_000_000...9_400_000_000_000_000, using: &generator)
                dates.append(try Timestamp(microseconds: microseconds).date)
            }
            try await zoo.createMany(
                dates.enumerated().map { Zoo(id: "z\($0.offset)", date: $0.element, dateMaybe: $0.element) }
            )
            let found = try await zoo.get(dates.indices.map { "z\($0)" })
            check.expectEqual(found.map(\.date), dates, "dates of whole microseconds come back to the bit")
            check.expectEqual(found.map(\.dateMaybe), dates, "they come back from an optional field")
            check.expectEqual(
                try await zoo.fetch(.sort(\.date)).map(\.date),
                dates.sorted(),
                "dates order by time",
                rule: "QRY-2"
            )
        },
        ConformanceCase("val.date.half-even", ["VAL-5"]) { check in
            let zoo = try await check.storage(Zoo.self)
            // Halves of a microsecond that a Date can hold: 2^-7 s is 7812.5 µs.
            let halves: [(Double, Int64)] = [
                (0.0078125, 7812), (0.0234375, 23438), (-0.0078125, -7812), (-0.0234375, -23438), (0.0390625, 39062),
                (1.0078125, 1_007_812), (1.0234375, 1_023_438),
            ]
            for (index, (seconds, microseconds)) in halves.enumerated() {
                // Counted from 2001, where a Date holds such fractions exactly.
                let date = Date(timeIntervalSinceReferenceDate: seconds)
                let created = try await zoo.create(Zoo(id: "z\(index)", date: date))
                let expected = try Timestamp(microseconds: 978_307_200_000_000 + microseconds).date
                check.expectEqual(created.date, expected, "\(seconds) s are rounded half-even")
                check.expectEqual(
                    try await zoo.get("z\(index)")?.date,
                    expected,
                    "\(seconds) s are stored rounded half-even"
                )
                check.expectEqual(try await zoo.count(.where { $0.date == date }), 1, "a query rounds as a write does")
                try await zoo.delete("z\(index)")
            }
        },
        ConformanceCase("val.date.out-of-range", ["VAL-5"]) { check in
            let zoo = try await check.storage(Zoo.self)
            try await zoo.create(Zoo(id: "a"))
            let refused = [-62_135_596_801.0, 253_402_300_800.0, 1e300, .infinity, .nan]
            for seconds in refused {
                let error = await check.expectError(.invalidValue, from: "a date of \(seconds) s") {
                    try await zoo.create(Zoo(id: "b", date: Date(timeIntervalSince1970: seconds)))
                }
                check.expectEqual(error?.field, Zoo.CodingKeys.date.rawValue, "the error names the field")
                await check.expectError(.invalidValue, from: "an update to \(seconds) s") {
                    try await zoo.update("a") { $0.dateMaybe = Date(timeIntervalSince1970: seconds) }
                }
            }
            check.expectSame(try await zoo.fetch(), [Zoo(id: "a")], "what was refused changed nothing")
        },
    ]
}
