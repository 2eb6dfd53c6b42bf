#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

/// A JSON number as it was written, so that nothing is lost between reading and writing it (REC-9).
///
/// Two numbers are equal when their texts are: `1`, `1.0` and `1e0` are three.
public struct JSONNumber: Sendable, Hashable, CustomStringConvertible {
    /// The text, in the grammar of RFC 8259.
    public let text: String

    /// Takes a text that follows the grammar of JSON numbers; nil for any other.
    public init?(_ text: String) {
        var copy = text
        let isValid = copy.withUTF8 { utf8 in
            var scanner = JSONScanner(utf8)
            return (try? scanner.scanNumber())?.upperBound == utf8.count
        }
        guard isValid else { return nil }
        self.text = copy
    }

    /// The number of an integer.
    public init(_ value: some FixedWidthInteger) { text = String(value) }

    /// Takes a text that is known to follow the grammar.
    init(validated text: String) { self.text = text }

    /// The text.
    public var description: String { text }

    /// The integer that the number is, exactly; nil when it has a fraction or does not fit (VAL-3).
    public var int64: Int64? { integer() }

    /// The integer that the number is, exactly, in the type wanted; nil when it has a fraction or does not fit.
    public func integer<Integer: FixedWidthInteger>(as type: Integer.Type = Integer.self) -> Integer? {
        withDigits { $0.integer() }
    }

    /// The double nearest to the number; nil when it is too large for one.
    public var double: Double? {
        var copy = text
        return copy.withUTF8 { Self.double($0) }
    }

    /// The float nearest to the number, rounded once; nil when it is too large for one.
    public var float: Float? {
        guard let value = Float(text), value.isFinite else { return nil }
        return value
    }

    /// The decimal that the number is, exactly; nil when it needs more than 38 digits or another exponent.
    public var decimal: Decimal? {
        withDigits { digits in
            guard let (high, low, exponent) = digits.split() else { return nil }
            // 38 digits are the most that Decimal's 128 bits always hold; both halves are exact below that.
            let significand = Decimal(high) * Decimal(sign: .plus, exponent: 19, significand: 1) + Decimal(low)
            if significand == 0 { return Decimal(0) }
            return Decimal(sign: digits.isNegative ? .minus : .plus, exponent: exponent, significand: significand)
        }
    }

    private func withDigits<Result>(_ body: (Digits) -> Result) -> Result {
        var copy = text
        return copy.withUTF8 { body(Digits($0)) }
    }
}

extension JSONNumber {
    /// Powers of ten that a double holds exactly.
    private static let powersOfTen: [Double] = [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
        1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
    ]

    /// The double nearest to a number's text; nil when it is too large.
    ///
    /// A mantissa below 2^53 with an exact power of ten needs one rounding, which the processor does (William Clinger,
    /// "How to Read Floating Point Numbers Accurately"); the standard library, which is exact as well, takes the rest.
    static func double(_ text: UnsafeBufferPointer<UInt8>) -> Double? {
        let digits = Digits(text)
        if let mantissa = digits.mantissa, mantissa < 1 << 53, digits.exponent.magnitude <= 22 {
            let power = powersOfTen[Int(digits.exponent.magnitude)]
            let value = digits.exponent < 0 ? Double(mantissa) / power : Double(mantissa) * power
            return digits.isNegative ? -value : value
        }
        guard let value = Double(String(decoding: text, as: UTF8.self)), value.isFinite else { return nil }
        return value
    }
}
