package import FoundationEssentials
internal import Stowage

/// Decimal numbers as text, and as bytes in the order of the numbers.
package enum SQLDecimal {
    /// The canonical text: plain digits, no exponent, no trailing zeros. Equal numbers have equal texts.
    package static func text(of number: Decimal) -> String { number.description }

    /// The number of a canonical or any other plain text.
    package static func number(_ text: String) -> Decimal? {
        key(of: text.utf8) == nil ? nil : Decimal(string: text)
    }

    /// Bytes that compare as the numbers do; nil when the text is no plain decimal number.
    ///
    /// A sign, the position of the decimal point, the digits without zeros at either end. For negative numbers all
    /// is inverted and ends in 0xFF, so that fewer digits, which make a shorter and hence earlier run, come later.
    package static func key(of text: some Collection<UInt8>) -> Data? {
        var isNegative = false
        var digits: [UInt8] = []
        var pointPosition: Int?
        var digitCount = 0
        for (position, byte) in text.enumerated() {
            switch byte {
            case UInt8(ascii: "-") where position == 0: isNegative = true
            case UInt8(ascii: "+") where position == 0: break
            case UInt8(ascii: ".") where pointPosition == nil: pointPosition = digits.count
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                digits.append(byte)
                digitCount += 1
            default: return nil
            }
        }
        guard digitCount > 0, digitCount < 30_000 else { return nil }
        let leading = digits.prefix { $0 == UInt8(ascii: "0") }.count
        let magnitude = (pointPosition ?? digits.count) - leading
        while digits.last == UInt8(ascii: "0") { digits.removeLast() }
        guard digits.count > leading else { return Data([1]) }
        let biased = UInt16(magnitude + 0x8000)
        var key: [UInt8] = [2, UInt8(biased >> 8), UInt8(truncatingIfNeeded: biased)]
        key.append(contentsOf: digits[leading...])
        if isNegative {
            key = key.map { ~$0 }
            key[0] = 0
            key.append(0xff)
        }
        return Data(key)
    }
}
