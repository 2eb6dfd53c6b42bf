/// XXH64, which tells damaged bytes from whole ones at the speed of memory. It keeps nobody out who means harm.
///
/// Source: Yann Collet, "xxHash fast digest algorithm", specification 0.1.1, section XXH64; seed zero.
struct XXHash64: ~Copyable {
    private static let prime1: UInt64 = 0x9E37_79B1_85EB_CA87
    private static let prime2: UInt64 = 0xC2B2_AE3D_27D4_EB4F
    private static let prime3: UInt64 = 0x1656_67B1_9E37_79F9
    private static let prime4: UInt64 = 0x85EB_CA77_C2B2_AE63
    private static let prime5: UInt64 = 0x27D4_EB2F_1656_67C5
    private static let stripe = 32

    private var lanes: (UInt64, UInt64, UInt64, UInt64) = (prime1 &+ prime2, prime2, 0, 0 &- prime1)
    /// What is left of the bytes that make no whole stripe yet.
    private var rest: [UInt8] = []
    private var count = 0

    init() { rest.reserveCapacity(Self.stripe) }

    /// The hash of bytes that are at hand.
    static func hash(_ bytes: some Collection<UInt8>) -> UInt64 {
        var hash = XXHash64()
        hash.add(bytes)
        return hash.finish()
    }

    /// Adds bytes.
    mutating func add(_ bytes: some Collection<UInt8>) {
        if bytes.withContiguousStorageIfAvailable({ add(UnsafeRawBufferPointer($0)) }) == nil {
            Array(bytes).withUnsafeBytes { add($0) }
        }
    }

    private mutating func add(_ bytes: UnsafeRawBufferPointer) {
        count += bytes.count
        var start = 0
        if !rest.isEmpty {
            start = min(Self.stripe - rest.count, bytes.count)
            rest += bytes[..<start]
            guard rest.count == Self.stripe else { return }
            let full = rest
            rest.removeAll(keepingCapacity: true)
            full.withUnsafeBytes { mix($0, at: 0) }
        }
        while bytes.count - start >= Self.stripe {
            mix(bytes, at: start)
            start += Self.stripe
        }
        rest += bytes[start...]
    }

    private mutating func mix(_ bytes: UnsafeRawBufferPointer, at start: Int) {
        lanes.0 = Self.round(lanes.0, Self.word(bytes, start))
        lanes.1 = Self.round(lanes.1, Self.word(bytes, start + 8))
        lanes.2 = Self.round(lanes.2, Self.word(bytes, start + 16))
        lanes.3 = Self.round(lanes.3, Self.word(bytes, start + 24))
    }

    /// The hash of all that was added.
    consuming func finish() -> UInt64 {
        var hash = Self.prime5
        if count >= Self.stripe {
            hash =
                Self.rotate(lanes.0, 1) &+ Self.rotate(lanes.1, 7) &+ Self.rotate(lanes.2, 12)
                &+ Self.rotate(lanes.3, 18)
            for lane in [lanes.0, lanes.1, lanes.2, lanes.3] {
                hash = (hash ^ Self.round(0, lane)) &* Self.prime1 &+ Self.prime4
            }
        }
        hash = hash &+ UInt64(count)
        rest.withUnsafeBytes { rest in
            var place = 0
            while rest.count - place >= 8 {
                hash = Self.rotate(hash ^ Self.round(0, Self.word(rest, place)), 27) &* Self.prime1 &+ Self.prime4
                place += 8
            }
            if rest.count - place >= 4 {
                let word = UInt64(UInt32(littleEndian: rest.loadUnaligned(fromByteOffset: place, as: UInt32.self)))
                hash = Self.rotate(hash ^ (word &* Self.prime1), 23) &* Self.prime2 &+ Self.prime3
                place += 4
            }
            for byte in rest[place...] {
                hash = Self.rotate(hash ^ (UInt64(byte) &* Self.prime5), 11) &* Self.prime1
            }
        }
        hash = (hash ^ (hash >> 33)) &* Self.prime2
        hash = (hash ^ (hash >> 29)) &* Self.prime3
        return hash ^ (hash >> 32)
    }

    private static func word(_ bytes: UnsafeRawBufferPointer, _ place: Int) -> UInt64 {
        UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self))
    }

    private static func round(_ lane: UInt64, _ word: UInt64) -> UInt64 {
        rotate(lane &+ (word &* prime2), 31) &* prime1
    }

    private static func rotate(_ value: UInt64, _ bits: UInt64) -> UInt64 { (value << bits) | (value >> (64 - bits)) }
}

extension UInt64 {
    /// Sixteen hexadecimal digits.
    var hexadecimal: String {
        let digits = String(self, radix: 16)
        return String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }
}
