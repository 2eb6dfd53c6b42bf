#if Postgres
/// Writes a `numeric` in its binary format as decimal text, as `numeric_out` does; `nil` for malformed bytes.
///
/// The format is four 16-bit words (digit count, weight, sign, scale) and that many digits to the base of 10,000, the
/// first worth 10,000 to the power of the weight (`src/backend/utils/adt/numeric.c`, `numeric_send`).
func decimalText(ofNumeric bytes: UnsafeRawBufferPointer) -> String? {
    func word(_ index: Int) -> UInt16 {
        UInt16(bigEndian: bytes.loadUnaligned(fromByteOffset: 2 * index, as: UInt16.self))
    }
    guard bytes.count >= 8 else { return nil }
    let digitCount = Int(word(0))
    let weight = Int(Int16(bitPattern: word(1)))
    let scale = Int(word(3))
    guard bytes.count == 8 + 2 * digitCount, scale <= 0x3fff else { return nil }
    let isNegative: Bool
    switch word(2) {
    case 0x0000: isNegative = false
    case 0x4000: isNegative = true
    case 0xc000: return "NaN"
    case 0xd000: return "Infinity"
    case 0xf000: return "-Infinity"
    default: return nil
    }

    /// The four decimal digits at a power of 10,000; zeros where none are stored.
    func group(_ power: Int) -> Int {
        let index = weight - power
        return index >= 0 && index < digitCount ? Int(word(4 + index)) : 0
    }
    var text: [UInt8] = isNegative ? [UInt8(ascii: "-")] : []
    func digits(_ group: Int) -> [UInt8] {
        [group / 1000, group / 100 % 10, group / 10 % 10, group % 10].map { UInt8(48 + $0) }
    }
    if weight < 0 {
        text.append(48)
    } else {
        text += String(group(weight)).utf8
        for power in stride(from: weight - 1, through: 0, by: -1) { text += digits(group(power)) }
    }
    if scale > 0 {
        text.append(UInt8(ascii: "."))
        var left = scale
        var power = -1
        while left > 0 {
            text += digits(group(power)).prefix(left)
            left -= 4
            power -= 1
        }
    }
    return String(decoding: text, as: UTF8.self)
}
#endif
