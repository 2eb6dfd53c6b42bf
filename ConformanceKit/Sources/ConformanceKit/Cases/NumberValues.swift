internal import FoundationEssentials
internal import Stowage

// VAL-3, VAL-4, and decimals of VAL-6: numbers.
extension ConformanceCases {
    static let numbers: [ConformanceCase] = [
        ConformanceCase("val.int64.exact", ["VAL-3"]) { check in
            let zoo = try await check.storage(Zoo.self)
            for (index, value) in HostileValues.ints.enumerated() {
                var record = Zoo(id: "z\(index)", big: value, bigMaybe: value)
                record.spot.y = value
                try await zoo.create(record)
                check.expectSame(try await zoo.get(record.id), record, "\(value) comes back exactly")
                check.expectEqual(
                    try await zoo.fetch(.where { $0.big == value }).map(\.id),
                    [record.id],
                    "\(value) is found by a query"
                )
            }
            check.expectEqual(
                try await zoo.fetch(.sort(\.big)).map(\.big),
                HostileValues.ints.sorted(),
                "whole numbers order by value",
                rule: "QRY-2"
            )
            check.expectEqual(
                try await zoo.count(.where { $0.big > 9_007_199_254_740_992 }),
                3,
                "neighbours beyond 2^53 are told apart"
            )
        },
        ConformanceCase("val.int64.out-of-range", ["VAL-3"]) { check in
            let numbers = try await check.storage(Unsigned.self)
            try await numbers.create(Unsigned(id: "max", value: UInt64(Int64.max), small: 200))
            check.expectSame(
                try await numbers.get("max"),
                Unsigned(id: "max", value: UInt64(Int64.max), small: 200),
                "2^63-1 is kept"
            )
            let error = await check.expectError(.invalidValue, from: "an unsigned number over 2^63-1") {
                try await numbers.create(Unsigned(id: "over", value: UInt64(Int64.max) + 1, small: 0))
            }
            check.expectEqual(error?.field, "value", "the error names the field")
            await check.expectError(.invalidValue, from: "an update to a number over 2^63-1") {
                try await numbers.update("max") { $0.value = .max }
            }
            check.expectEqual(try await numbers.count(), 1, "what was refused changed nothing")
        },
        ConformanceCase("val.double.bit-exact", ["VAL-4"]) { check in
            let zoo = try await check.storage(Zoo.self)
            for (index, value) in HostileValues.doubles.enumerated() {
                var record = Zoo(id: "z\(index)", ratio: value, ratioMaybe: value)
                record.spot.x = value
                try await zoo.create(record)
                let found = try await zoo.get(record.id)
                check.expectEqual(found?.ratio.bitPattern, value.bitPattern, "\(value) comes back to the bit")
                check.expectEqual(
                    found?.ratioMaybe?.bitPattern,
                    value.bitPattern,
                    "\(value) comes back from an optional field"
                )
                check.expectEqual(found?.spot.x.bitPattern, value.bitPattern, "\(value) comes back from a nested value")
                let fetched = try await zoo.first(.where { $0.id == record.id })
                check.expectEqual(fetched?.ratio.bitPattern, value.bitPattern, "\(value) comes back from a query")
            }
        },
        ConformanceCase("val.double.random-bits", ["VAL-4"]) { check in
            let zoo = try await check.storage(Zoo.self)
            var generator = check.generator()
            let values = (0..<300).map { _ in Double(bitPattern: generator.next()) }.filter(\.isFinite)
            try await zoo.createMany(values.enumerated().map { Zoo(id: "z\($0.offset)", ratio: $0.element) })
            let found = try await zoo.get(values.indices.map { "z\($0)" }).map(\.ratio.bitPattern)
            check.expectEqual(found, values.map(\.bitPattern), "random numbers come back to the bit")
            let sorted = try await zoo.fetch(.sort(\.ratio)).map(\.ratio)
            check.expectEqual(sorted, values.sorted(), "numbers order by value", rule: "QRY-2")
        },
        ConformanceCase("val.double.negative-zero", ["VAL-4"]) { check in
            let zoo = try await check.storage(Zoo.self)
            try await zoo.createMany([
                Zoo(id: "a", ratio: 0.0), Zoo(id: "b", ratio: -0.0), Zoo(id: "c", ratio: 1), Zoo(id: "d", ratio: -0.0),
            ])
            check.expectEqual(
                try await zoo.fetch(.where { $0.ratio == 0.0 }).map(\.id),
                ["a", "b", "d"],
                "-0.0 equals 0.0"
            )
            check.expectEqual(
                try await zoo.fetch(.where { $0.ratio == -0.0 }).map(\.id),
                ["a", "b", "d"],
                "0.0 equals -0.0"
            )
            check.expectEqual(
                try await zoo.fetch(.where { $0.ratio.in([-0.0]) }).map(\.id),
                ["a", "b", "d"],
                "in a list too"
            )
            check.expectEqual(try await zoo.count(.where { $0.ratio < 0.0 }), 0, "-0.0 is not less than 0.0")
            check.expectEqual(
                try await zoo.fetch(.sort(\.ratio)).map(\.id),
                ["a", "b", "d", "c"],
                "-0.0 and 0.0 tie, and the id decides",
                rule: "QRY-3"
            )
            let measures = try await check.storage(Measure.self, store: 1)
            try await measures.create(Measure(id: "a", value: 0.0))
            await check.expectError(.constraint, from: "-0.0 beside 0.0 in a unique field") {
                try await measures.create(Measure(id: "b", value: -0.0))
            }
        },
        ConformanceCase("val.double.not-finite-refused", ["VAL-4"]) { check in
            let zoo = try await check.storage(Zoo.self)
            try await zoo.create(Zoo(id: "a"))
            for value in [Double.nan, .infinity, -.infinity, .signalingNaN] {
                let error = await check.expectError(.invalidValue, from: "create with \(value)") {
                    try await zoo.create(Zoo(id: "b", ratio: value))
                }
                check.expectEqual(error?.field, Zoo.CodingKeys.ratio.rawValue, "the error names the field")
                await check.expectError(.invalidValue, from: "an update to \(value)") {
                    try await zoo.update("a") { $0.ratioMaybe = value }
                }
                await check.expectError(.invalidValue, from: "\(value) in a nested value") {
                    try await zoo.create(Zoo(id: "b", spot: .init(x: value)))
                }
                await check.expectError(.invalidValue, from: "a query for \(value)") {
                    try await zoo.fetch(.where { $0.ratio == value })
                }
                await check.expectError(.invalidValue, from: "create with a single \(value)") {
                    try await zoo.create(Zoo(id: "b", single: Float(value)))
                }
            }
            check.expectSame(try await zoo.fetch(), [Zoo(id: "a")], "what was refused changed nothing")
        },
        ConformanceCase("val.float.exact", ["VAL-4", "VAL-6"]) { check in
            let zoo = try await check.storage(Zoo.self)
            for (index, value) in HostileValues.floats.enumerated() {
                try await zoo.create(Zoo(id: "z\(index)", single: value, singleMaybe: value))
                let found = try await zoo.get("z\(index)")
                check.expectEqual(found?.single.bitPattern, value.bitPattern, "\(value) comes back to the bit")
                check.expectEqual(
                    found?.singleMaybe?.bitPattern,
                    value.bitPattern,
                    "\(value) comes back from an optional field"
                )
            }
            check.expectEqual(
                try await zoo.fetch(.where { $0.single == 0.1 }).count,
                1,
                "a single is found as it is stored"
            )
        },
        ConformanceCase("val.decimal.by-value", ["VAL-6", "QRY-2"]) { check in
            let zoo = try await check.storage(Zoo.self)
            for (index, value) in HostileValues.decimals.enumerated() {
                try await zoo.create(Zoo(id: "z\(index + 10)", amount: value, amountMaybe: value))
                let found = try await zoo.get("z\(index + 10)")
                check.expectEqual(found?.amount, value, "\(value) comes back exactly")
                check.expectEqual(found?.amountMaybe, value, "\(value) comes back from an optional field")
            }
            let tenths = try await zoo.fetch(.where { $0.amount == HostileValues.decimal("0.100") }).map(\.id)
            check.expectEqual(tenths, ["z15", "z16"], "0.1, 0.10 and 0.100 are one number")
            let sorted = try await zoo.fetch(.sort(\.amount)).map(\.amount)
            check.expectEqual(sorted, HostileValues.decimals.sorted(), "decimals order by value, 9 before 10")
        },
        ConformanceCase("val.decimal.extremes", ["VAL-6", "REC-4"]) { check in
            let zoo = try await check.storage(Zoo.self)
            let kept = [
                "99999999999999999999999999999999999999", "-0.00000000000000000000000000000000000001", "1e60", "-7e-60",
            ]
            for (index, text) in kept.enumerated() {
                let value = HostileValues.decimal(text)
                let created = try await zoo.create(Zoo(id: "z\(index)", amount: value))
                check.expectEqual(created.amount, value, "\(text) is kept")
                check.expectEqual(try await zoo.get("z\(index)")?.amount, value, "\(text) comes back exactly")
                check.expectEqual(try await zoo.count(.where { $0.amount == value }), 1, "\(text) is found by a query")
            }
            check.expectEqual(
                try await zoo.fetch(.sort(\.amount)).map(\.id),
                ["z1", "z3", "z0", "z2"],
                "they order by value",
                rule: "QRY-2"
            )
            try await zoo.close()
            let again = try check.reopen().storage(Zoo.self)
            try await again.initialize()
            check.expectEqual(
                try await again.fetch().map(\.amount),
                kept.map(HostileValues.decimal),
                "they are there after reopening"
            )
        },
        ConformanceCase("val.decimal.too-many-digits", ["VAL-6"]) { check in
            let zoo = try await check.storage(Zoo.self)
            // 2^128 - 1, the largest significand of a Decimal, has 39 digits.
            for (index, text) in [
                "340282366920938463463374607431768211455", "3.40282366920938463463374607431768211455",
            ].enumerated() {
                let value = HostileValues.decimal(text)
                do {
                    try await zoo.create(Zoo(id: "z\(index)", amount: value))
                    let found = try await zoo.get("z\(index)")
                    check.expectEqual(found?.amount, value, "a number of 39 digits is kept exactly or refused")
                } catch let error as StorageError {
                    check.expectEqual(error.code, .invalidValue, "a number of 39 digits is kept exactly or refused")
                }
            }
            await check.expectError(.invalidValue, from: "a decimal that is not a number") {
                try await zoo.create(Zoo(id: "nan", amount: .nan))
            }
            let before = try await zoo.count()
            try await zoo.close()
            let again = try check.reopen().storage(Zoo.self)
            try await again.initialize()
            check.expectEqual(try await again.fetch().count, before, "what was kept can be read after reopening")
        },
    ]
}
