/// How values are written in a configuration. Nothing is guessed: what does not fit is refused.
enum SettingText {
    /// A whole number in a range, in plain digits.
    static func int(_ found: FoundSetting, in range: ClosedRange<Int>) throws -> Int {
        guard let value = digits(found.text[...]), range.contains(value) else {
            throw found.refusal(
                "is not a whole number from \(range.lowerBound) to \(range.upperBound)",
                accepted: "Set it to a number from \(range.lowerBound) to \(range.upperBound)"
            )
        }
        return value
    }

    /// A time with its unit.
    static func duration(_ found: FoundSetting) throws -> Duration {
        let accepted = "Set it to a number and a unit, from 1ms to 24h: 500ms, 30s, 2m, 1h"
        let units: [(String, Int)] = [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000)]
        for (unit, milliseconds) in units where found.text.hasSuffix(unit) {
            guard let count = digits(found.text.dropLast(unit.count)) else { continue }
            guard count > 0, count <= 86_400_000 / milliseconds else {
                throw found.refusal("is not between 1ms and 24h", accepted: accepted)
            }
            return .milliseconds(count * milliseconds)
        }
        let problem = digits(found.text[...]) == nil ? "is not a time" : "has no unit"
        throw found.refusal(problem, accepted: accepted)
    }

    /// One of a few words.
    static func choice<Choice: RawRepresentable & CaseIterable>(
        _ found: FoundSetting,
        of type: Choice.Type
    ) throws -> Choice where Choice.RawValue == String {
        guard let choice = Choice.allCases.first(where: { TextOrder.equal($0.rawValue, found.text) }) else {
            let words = Choice.allCases.map(\.rawValue).joined(separator: ", ")
            throw found.refusal("is none of the choices\(found.shownWord)", accepted: "Set it to one of: \(words)")
        }
        return choice
    }

    /// A duration as it is written.
    static func text(_ duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        let milliseconds = seconds * 1000 + attoseconds / 1_000_000_000_000_000
        return milliseconds % 1000 == 0 ? "\(milliseconds / 1000)s" : "\(milliseconds)ms"
    }

    /// Plain ASCII digits, without the signs and spaces that `Int(_:)` would take.
    static func digits(_ text: Substring) -> Int? {
        guard !text.isEmpty, text.utf8.allSatisfy({ 0x30...0x39 ~= $0 }) else { return nil }
        return Int(text)
    }
}
