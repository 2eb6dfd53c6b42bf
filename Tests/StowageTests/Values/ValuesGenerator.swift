/// SplitMix64 (Steele, Lea and Flood, 2014): the same seed draws the same values everywhere.
struct ValuesGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    /// A text of scalars of every length and kind, U+0000 excepted.
    mutating func text(upTo count: Int = 12) -> String {
        let alphabet: [ClosedRange<UInt32>] = [
            0x20...0x7e, 0x01...0x1f, 0x7f...0xff, 0x300...0x36f, 0x800...0xd7ff, 0xe000...0xffff, 0x1f600...0x1f64f,
            0x10fff0...0x10ffff, 0x22...0x22, 0x5c...0x5c,
        ]
        var scalars = String.UnicodeScalarView()
        for _ in 0..<Int.random(in: 0...count, using: &self) {
            let range = alphabet[Int.random(in: 0..<alphabet.count, using: &self)]
            if let scalar = Unicode.Scalar(UInt32.random(in: range, using: &self)) { scalars.append(scalar) }
        }
        return String(scalars)
    }
}
