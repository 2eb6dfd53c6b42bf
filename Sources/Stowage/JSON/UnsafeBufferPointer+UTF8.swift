extension UnsafeBufferPointer<UInt8> {
    /// The offset of the first byte at or after `start` that is not plain: a quote, a backslash, a control character or
    /// part of a multi-byte scalar. Reading and writing spend their time here, so it takes eight bytes a step.
    func endOfPlainASCII(from start: Int) -> Int {
        var index = start
        let raw = UnsafeRawBufferPointer(self)
        let ones: UInt64 = 0x0101_0101_0101_0101
        let highBits: UInt64 = 0x8080_8080_8080_8080
        while index &+ 8 <= count {
            let word = UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: index, as: UInt64.self))
            let quotes = word ^ (ones &* 0x22)
            let backslashes = word ^ (ones &* 0x5c)
            // A borrow can mark a byte wrongly, but only above one that is marked rightly: the lowest mark is true
            // (Sean Anderson, "Bit Twiddling Hacks", hasless and haszero).
            let marks =
                ((word &- ones &* 0x20) & ~word | (quotes &- ones) & ~quotes | (backslashes &- ones) & ~backslashes
                    | word) & highBits
            if marks != 0 { return index &+ marks.trailingZeroBitCount / 8 }
            index &+= 8
        }
        while index < count {
            let byte = self[index]
            if byte < 0x20 || byte >= 0x80 || byte == 0x22 || byte == 0x5c { return index }
            index &+= 1
        }
        return index
    }

    /// The length of the multi-byte scalar that begins here, or 0 when the bytes are not valid UTF-8: overlong forms,
    /// surrogates and values over U+10FFFF are not (Unicode 15, table 3-7).
    func lengthOfScalar(at index: Int) -> Int {
        func isContinuation(_ offset: Int, _ range: ClosedRange<UInt8> = 0x80...0xbf) -> Bool {
            index + offset < count && range.contains(self[index + offset])
        }
        switch self[index] {
        case 0xc2...0xdf:
            return isContinuation(1) ? 2 : 0
        case 0xe0:
            return isContinuation(1, 0xa0...0xbf) && isContinuation(2) ? 3 : 0
        case 0xed:
            return isContinuation(1, 0x80...0x9f) && isContinuation(2) ? 3 : 0
        case 0xe1...0xef:
            return isContinuation(1) && isContinuation(2) ? 3 : 0
        case 0xf0:
            return isContinuation(1, 0x90...0xbf) && isContinuation(2) && isContinuation(3) ? 4 : 0
        case 0xf1...0xf3:
            return isContinuation(1) && isContinuation(2) && isContinuation(3) ? 4 : 0
        case 0xf4:
            return isContinuation(1, 0x80...0x8f) && isContinuation(2) && isContinuation(3) ? 4 : 0
        default:
            return 0
        }
    }
}
