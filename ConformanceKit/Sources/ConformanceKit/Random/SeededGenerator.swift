/// Numbers that a seed determines, the same on every platform (SplitMix64, Steele, Lea and Flood 2014).
public struct SeededGenerator: RandomNumberGenerator, Sendable {
    private var state: UInt64

    /// Begins at a seed.
    public init(seed: UInt64) { state = seed }

    /// Begins at a seed and a name, so that neighbours do not share their numbers.
    public init(seed: UInt64, _ name: String) {
        // FNV-1a: Swift's own hash differs from run to run.
        let hash = name.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        self.init(seed: seed ^ hash)
        _ = next()
    }

    /// The next number.
    public mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }

    /// A number below a bound.
    mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &self) }

    /// True once in so many times.
    mutating func oneIn(_ times: Int) -> Bool { below(times) == 0 }

    /// One of several.
    mutating func pick<T>(_ choices: [T]) -> T { choices[below(choices.count)] }

    /// A value, or nil once in so many times.
    mutating func maybe<T>(nilOneIn times: Int = 3, _ make: (inout SeededGenerator) -> T) -> T? {
        let value = make(&self)
        return oneIn(times) ? nil : value
    }
}
