extension JSONNumber {
    /// The significant digits of a number's text and the power of ten of the last one: `-12.50e3` is -125 · 10².
    ///
    /// It works on the text in place and in time linear in it, so that a hostile exponent costs nothing.
    struct Digits {
        let isNegative: Bool
        /// The power of ten of the last significant digit; 0 for zero.
        let exponent: Int
        /// How many significant digits there are; 0 for zero.
        let count: Int
        private let text: UnsafeBufferPointer<UInt8>
        private let first: Int

        /// Reads a text that follows the grammar of JSON numbers.
        init(_ text: UnsafeBufferPointer<UInt8>) {
            self.text = text
            isNegative = text.first == UInt8(ascii: "-")
            var index = isNegative ? 1 : 0
            var firstNonZero: Int?
            var lastNonZero = 0
            var point: Int?
            while index < text.count {
                let byte = text[index]
                if byte == UInt8(ascii: ".") {
                    point = index
                } else if byte &- 0x30 < 10 {
                    if byte != 0x30 {
                        if firstNonZero == nil { firstNonZero = index }
                        lastNonZero = index
                    }
                } else {
                    break
                }
                index += 1
            }
            guard let firstNonZero else {
                (first, count, exponent) = (0, 0, 0)
                return
            }
            first = firstNonZero
            let end = point ?? index
            let crossesPoint = firstNonZero < end && lastNonZero > end
            count = lastNonZero - firstNonZero + (crossesPoint ? 0 : 1)
            let position = lastNonZero < end ? end - 1 - lastNonZero : end - lastNonZero
            exponent = position + Self.writtenExponent(text, from: index)
        }

        private static func writtenExponent(_ text: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
            guard start < text.count else { return 0 }
            var index = start + 1
            let isNegative = index < text.count && text[index] == UInt8(ascii: "-")
            if isNegative || index < text.count && text[index] == UInt8(ascii: "+") { index += 1 }
            var value = 0
            while index < text.count {
                // Held far beyond any length of text, so that it cannot overflow and still decides.
                if value < 1 << 50 { value = value * 10 + Int(text[index] &- 0x30) }
                index += 1
            }
            return isNegative ? -value : value
        }

        /// The significant digits as an integer, when there are at most 19.
        var mantissa: UInt64? {
            guard count <= 19 else { return nil }
            return reading(skipping: 0, count)
        }

        /// The significant digits from one on, as an integer.
        private func reading(skipping skipped: Int, _ wanted: Int) -> UInt64 {
            var value: UInt64 = 0
            var (index, seen) = (first, 0)
            while seen < skipped + wanted {
                let digit = text[index] &- 0x30
                if digit < 10 {
                    if seen >= skipped { value = value &* 10 &+ UInt64(digit) }
                    seen += 1
                }
                index += 1
            }
            return value
        }

        /// The integer that the number is; nil when it has a fraction or does not fit.
        func integer<Integer: FixedWidthInteger>() -> Integer? {
            guard count > 0 else { return 0 }
            guard exponent >= 0, exponent <= 19, count + exponent <= 20 else { return nil }
            // 20 digits can pass 2^64: the last step is checked, the 19 before it fit.
            var magnitude = reading(skipping: 0, Swift.min(count, 19))
            var steps = exponent
            if count == 20 {
                let (tenfold, overflow) = magnitude.multipliedReportingOverflow(by: 10)
                let (sum, carry) = tenfold.addingReportingOverflow(reading(skipping: 19, 1))
                guard !overflow, !carry else { return nil }
                magnitude = sum
                steps = 0
            }
            for _ in 0..<steps {
                let (tenfold, overflow) = magnitude.multipliedReportingOverflow(by: 10)
                guard !overflow else { return nil }
                magnitude = tenfold
            }
            guard isNegative else { return Integer(exactly: magnitude) }
            guard Integer.isSigned, magnitude <= 1 << 63 else { return nil }
            return Integer(exactly: Int64(truncatingIfNeeded: 0 &- magnitude))
        }

        /// The digits in two halves, `high · 10^19 + low`, and the exponent; nil when `Decimal` cannot take them.
        func split() -> (high: UInt64, low: UInt64, exponent: Int)? {
            guard count > 0 else { return (0, 0, 0) }
            guard count <= 38, (-128...127).contains(exponent) else { return nil }
            let cut = Swift.max(0, count - 19)
            return (reading(skipping: 0, cut), reading(skipping: cut, count - cut), exponent)
        }
    }
}
