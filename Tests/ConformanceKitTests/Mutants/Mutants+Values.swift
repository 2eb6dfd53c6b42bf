import FoundationEssentials
import Stowage
import Synchronization

// VAL: values that do not come back as they went.
extension Mutant {
    /// A mutant that stores some values as others.
    private static func storing(
        _ description: String,
        killedBy killer: String,
        _ change: @escaping @Sendable (Value, FieldSchema) -> Value?
    ) -> Mutant {
        Mutant(description, killedBy: killer) {
            $0.stored = { value, field, _ in change(value, field) ?? value }
        }
    }

    static let values: [Mutant] = [
        storing("whole numbers pass through Double", killedBy: "val.int64.exact") { value, _ in
            guard case .int(let number) = value else { return nil }
            return .int(Int64(exactly: Double(number)) ?? .max)
        },
        storing("whole numbers keep 32 bits", killedBy: "val.int64.exact") { value, _ in
            guard case .int(let number) = value else { return nil }
            return .int(Int64(Int32(truncatingIfNeeded: number)))
        },
        storing("negative zero is lost", killedBy: "val.double.bit-exact") { value, _ in
            guard case .double(let number) = value else { return nil }
            return .double(number + 0.0)
        },
        storing("subnormal numbers become zero", killedBy: "val.double.bit-exact") { value, _ in
            guard case .double(let number) = value, number.isSubnormal else { return nil }
            return .double(0)
        },
        storing("doubles keep the bits of a float", killedBy: "val.double.random-bits") { value, _ in
            guard case .double(let number) = value, Float(number).isFinite else { return nil }
            return .double(Double(Float(number)))
        },
        storing("the last bit of a double is lost", killedBy: "val.double.random-bits") { value, _ in
            guard case .double(let number) = value, number.isNormal else { return nil }
            return .double(Double(bitPattern: number.bitPattern & ~1))
        },
        storing("microseconds are cut to milliseconds", killedBy: "val.time.every-microsecond") { value, _ in
            guard case .time(let time) = value else { return nil }
            return (try? Timestamp(microseconds: time.microseconds / 1000 * 1000)).map(Value.time)
        },
        storing("times pass through a Double of seconds", killedBy: "val.time.far-years") { value, _ in
            guard case .time(let time) = value else { return nil }
            let seconds = Double(time.microseconds) / 1e6
            return (try? Timestamp(microseconds: Int64((seconds * 1e6).rounded()))).map(Value.time)
        },
        storing("the microseconds of times before 1970 change sides", killedBy: "val.time.every-microsecond") {
            value,
            _ in
            guard case .time(let time) = value, time.microseconds < 0 else { return nil }
            let (seconds, rest) = time.microseconds.quotientAndRemainder(dividingBy: 1_000_000)
            return (try? Timestamp(microseconds: seconds * 1_000_000 - rest)).map(Value.time)
        },
        storing("decimals pass through Double", killedBy: "val.decimal.extremes") { value, _ in
            guard case .decimal(let number) = value, let double = Double(number.description) else { return nil }
            return .decimal(Decimal(double))
        },
        storing("decimals keep two digits after the point", killedBy: "val.decimal.by-value") { value, _ in
            guard case .decimal(let number) = value else { return nil }
            let text = number.description
            guard let point = text.firstIndex(of: ".") else { return nil }
            return Decimal(string: String(text[..<point]) + String(text[point...].prefix(3))).map(Value.decimal)
        },
        storing("an optional false becomes nil", killedBy: "val.bool.false-is-not-nil") { value, field in
            if case .bool(false) = value, field.isOptional { .null } else { nil }
        },
        storing("an optional zero becomes nil", killedBy: "val.nothing.keeps-its-meaning") { value, field in
            if case .int(0) = value, field.isOptional { .null } else { nil }
        },
        storing("empty text becomes nil", killedBy: "val.nothing.keeps-its-meaning") { value, field in
            if case .text("") = value, field.isOptional { .null } else { nil }
        },
        storing("an empty list becomes nil", killedBy: "val.nothing.keeps-its-meaning") { value, field in
            if case .json("[]") = value, field.isOptional { .null } else { nil }
        },
        storing("bytes pass through text", killedBy: "val.data.round-trips") { value, _ in
            guard case .data(let data) = value else { return nil }
            return .data(Data(String(decoding: data, as: UTF8.self).utf8))
        },
        storing("bytes end at the first zero", killedBy: "val.data.round-trips") { value, _ in
            guard case .data(let data) = value else { return nil }
            return .data(Data(data.prefix { $0 != 0 }))
        },
        storing("numbers in nested values pass through Double", killedBy: "val.nested.round-trips") { value, _ in
            guard case .json(let text) = value else { return nil }
            return .json(
                text.split(omittingEmptySubsequences: false) { !$0.isASCII || !($0.isNumber || $0 == "-") }
                    .filter { $0.utf8.count > 16 }
                    .reduce(text) { text, number in
                        guard let double = Double(number), let whole = Int64(exactly: double) else { return text }
                        return text.replacing(number, with: String(whole))
                    }
            )
        },
        storing("null members of nested values are left out", killedBy: "val.nested.round-trips") { value, _ in
            guard case .json(let text) = value, text.hasPrefix("{") else { return nil }
            return .json(text.replacing(":null", with: ":false"))
        },
        storing("an enumeration of numbers is stored without its sign", killedBy: "val.enum.round-trips") {
            value,
            field in
            guard case .int(-1) = value, field.name == "from" || field.name == "\"\"" else { return nil }
            return .int(1)
        },
        storing("a unique value of -0.0 is another than 0.0", killedBy: "val.double.negative-zero") { value, _ in
            guard case .double(let number) = value, number == 0, number.sign == .minus else { return nil }
            return .double(-.leastNonzeroMagnitude)
        },
        storing("an optional UUID of zeros becomes nil", killedBy: "val.all.round-trip") { value, field in
            guard case .uuid(let id) = value, field.isOptional,
                id == UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))
            else { return nil }
            return .null
        },
        Mutant("a required value that is missing reads as zero", killedBy: "val.nothing.required-missing", on: .json) {
            $0.collection = { $0.withOptionalFields }
            $0.row = { row, collection in
                let values = zip(row.values, collection.fields).map { value, field in
                    value.isNull && !field.isOptional && field.type == .int ? .int(0) : value
                }
                return Row(values: values, unknown: row.unknown)
            }
        },
    ]

    static let texts: [Mutant] = [
        Mutant("ids are compared as Swift compares text", killedBy: "val.text.not-normalised") {
            // As a dictionary of Strings does it: the first of several equal ones names them all.
            @Sendable func known(_ value: Value, _ site: Site) -> Value {
                guard case .text(let text) = value else { return value }
                return .text(
                    site.texts.withLock { texts in
                        if let known = texts[text] { return known }
                        texts[text] = text
                        return text
                    }
                )
            }
            $0.key = known
            $0.stored = { value, field, site in field.name == "id" ? known(value, site) : value }
        },
        Mutant("text is normalised", killedBy: "val.text.round-trips") {
            $0.stored = { value, _, _ in
                guard case .text(let text) = value else { return value }
                return .text(text.replacing("e\u{301}", with: "\u{e9}"))
            }
        },
        Mutant("ids are folded to lower case", killedBy: "val.text.no-case-folding") {
            @Sendable func folded(_ value: Value) -> Value {
                if case .text(let text) = value { .text(text.lowercased()) } else { value }
            }
            $0.key = { value, _ in folded(value) }
            $0.stored = { value, field, _ in field.name == "id" ? folded(value) : value }
        },
        storing("spaces at the end of text are trimmed", killedBy: "val.text.round-trips") { value, _ in
            guard case .text(var text) = value else { return nil }
            while text.unicodeScalars.last == " " { text.unicodeScalars.removeLast() }
            return .text(text)
        },
        storing("line ends become one kind", killedBy: "val.text.round-trips") { value, _ in
            guard case .text(let text) = value, text.utf8.contains(13) else { return nil }
            return .text(String(decoding: text.utf8.filter { $0 != 13 }, as: UTF8.self))
        },
        storing("a byte order mark at the start of text is dropped", killedBy: "val.text.round-trips") { value, _ in
            guard case .text(let text) = value, text.unicodeScalars.first == "\u{feff}" else { return nil }
            return .text(String(String.UnicodeScalarView(text.unicodeScalars.dropFirst())))
        },
        storing("text beyond the first plane is replaced", killedBy: "val.text.every-scalar-block") { value, _ in
            guard case .text(let text) = value else { return nil }
            return .text(
                String(String.UnicodeScalarView(text.unicodeScalars.map { $0.value > 0xffff ? "\u{fffd}" : $0 }))
            )
        },
        storing("long text is cut at 65,535 bytes", killedBy: "val.text.megabytes") { value, _ in
            guard case .text(let text) = value, text.utf8.count > 65_535 else { return nil }
            return .text(String(decoding: text.utf8.prefix(65_535), as: UTF8.self))
        },
        storing("ids are cut at 255 bytes", killedBy: "val.text.longest-id") { value, field in
            guard case .text(let text) = value, field.name == "id" || field.name == "tag", text.utf8.count > 255
            else { return nil }
            return .text(String(decoding: text.utf8.prefix(255), as: UTF8.self))
        },
        Mutant("a quote in an id is doubled when it is looked for", killedBy: "val.text.hostile-ids") {
            $0.key = { value, _ in
                if case .text(let text) = value { .text(text.replacing("'", with: "''")) } else { value }
            }
        },
    ]
}
