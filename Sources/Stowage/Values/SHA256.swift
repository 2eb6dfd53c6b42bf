/// The SHA-256 checksum of FIPS 180-4, computed piece by piece.
///
/// ```swift
/// var checksum = SHA256()
/// checksum.update(Array("ab".utf8))
/// checksum.update(Array("c".utf8))
/// checksum.finalize()           // 32 bytes
/// SHA256.hex(of: "abc".utf8)    // ba7816bf…
/// ```
///
/// It finds damage; it is not meant for passwords.
public struct SHA256: Sendable {
    private var state: SIMD8<UInt32> = [
        0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19,
    ]
    /// The bytes that do not fill a block yet: fewer than 64.
    private var pending: [UInt8] = []
    private var byteCount: UInt64 = 0

    /// Starts a checksum of no bytes.
    public init() {}

    /// Adds bytes to what the checksum covers.
    public mutating func update(_ bytes: some Sequence<UInt8>) {
        if bytes.withContiguousStorageIfAvailable({ update(UnsafeRawBufferPointer($0)) }) == nil {
            Array(bytes).withUnsafeBytes { update($0) }
        }
    }

    /// Adds bytes to what the checksum covers.
    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        byteCount &+= UInt64(bytes.count)
        var rest = bytes[...]
        if !pending.isEmpty {
            let head = rest.prefix(64 - pending.count)
            pending.append(contentsOf: head)
            rest = rest.dropFirst(head.count)
            guard pending.count == 64 else { return }
            let block = pending
            block.withUnsafeBytes { compress($0) }
            pending.removeAll(keepingCapacity: true)
        }
        let whole = rest.count & ~63
        if whole > 0 { compress(UnsafeRawBufferPointer(rebasing: rest.prefix(whole))) }
        rest = rest.dropFirst(whole)
        pending.append(contentsOf: rest)
    }

    /// The 32 bytes of the checksum of everything added so far; more can be added afterwards.
    public func finalize() -> [UInt8] {
        var copy = self
        let bitCount = byteCount &* 8
        var padding: [UInt8] = [0x80]
        padding.append(contentsOf: repeatElement(0, count: (119 - pending.count) % 64))
        for shift in stride(from: 56, through: 0, by: -8) {
            padding.append(UInt8(truncatingIfNeeded: bitCount >> UInt64(shift)))
        }
        copy.update(padding)
        var result: [UInt8] = []
        result.reserveCapacity(32)
        for index in 0..<8 {
            for shift in stride(from: 24, through: 0, by: -8) {
                result.append(UInt8(truncatingIfNeeded: copy.state[index] >> UInt32(shift)))
            }
        }
        return result
    }

    /// The checksum so far as 64 lower-case hexadecimal digits.
    public var hex: String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        text.reserveCapacity(64)
        for byte in finalize() {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// The checksum of bytes as 64 lower-case hexadecimal digits.
    public static func hex(of bytes: some Sequence<UInt8>) -> String {
        var checksum = SHA256()
        checksum.update(bytes)
        return checksum.hex
    }

    /// Takes blocks of 64 bytes into the state (FIPS 180-4, 6.2.2).
    ///
    /// Eight rounds stand in a row, each with the names of the variables moved on by one, so that nothing is copied from
    /// one to the next; the message schedule is kept in sixteen words, which are made as they are used.
    private mutating func compress(_ blocks: UnsafeRawBufferPointer) {
        var (a, b, c, d) = (state[0], state[1], state[2], state[3])
        var (e, f, g, h) = (state[4], state[5], state[6], state[7])
        withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 16) { words in
            Self.constants.withUnsafeBufferPointer { constants in
                for start in stride(from: 0, to: blocks.count, by: 64) {
                    let (a0, b0, c0, d0, e0, f0, g0, h0) = (a, b, c, d, e, f, g, h)
                    for index in 0..<16 {
                        let word = blocks.loadUnaligned(fromByteOffset: start &+ index &* 4, as: UInt32.self)
                        words[index] = UInt32(bigEndian: word)
                    }
                    var index = 0
                    while true {
                        for half in 0..<2 {
                            let (word, constant) = (half &* 8, index &+ half &* 8)
                            Self.round(a, b, c, &d, e, f, g, &h, words[word] &+ constants[constant])
                            Self.round(h, a, b, &c, d, e, f, &g, words[word &+ 1] &+ constants[constant &+ 1])
                            Self.round(g, h, a, &b, c, d, e, &f, words[word &+ 2] &+ constants[constant &+ 2])
                            Self.round(f, g, h, &a, b, c, d, &e, words[word &+ 3] &+ constants[constant &+ 3])
                            Self.round(e, f, g, &h, a, b, c, &d, words[word &+ 4] &+ constants[constant &+ 4])
                            Self.round(d, e, f, &g, h, a, b, &c, words[word &+ 5] &+ constants[constant &+ 5])
                            Self.round(c, d, e, &f, g, h, a, &b, words[word &+ 6] &+ constants[constant &+ 6])
                            Self.round(b, c, d, &e, f, g, h, &a, words[word &+ 7] &+ constants[constant &+ 7])
                        }
                        index &+= 16
                        if index == 64 { break }
                        for word in 0..<16 {
                            let (early, late) = (words[(word &+ 1) & 15], words[(word &+ 14) & 15])
                            let sigma0 = Self.rotate(early, 7) ^ Self.rotate(early, 18) ^ (early &>> 3)
                            let sigma1 = Self.rotate(late, 17) ^ Self.rotate(late, 19) ^ (late &>> 10)
                            words[word] = words[word] &+ sigma0 &+ words[(word &+ 9) & 15] &+ sigma1
                        }
                    }
                    (a, b, c, d) = (a &+ a0, b &+ b0, c &+ c0, d &+ d0)
                    (e, f, g, h) = (e &+ e0, f &+ f0, g &+ g0, h &+ h0)
                }
            }
        }
        state = SIMD8(a, b, c, d, e, f, g, h)
    }

    @inline(__always)
    private static func round(
        _ a: UInt32,
        _ b: UInt32,
        _ c: UInt32,
        _ d: inout UInt32,
        _ e: UInt32,
        _ f: UInt32,
        _ g: UInt32,
        _ h: inout UInt32,
        _ word: UInt32
    ) {
        let sum1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)
        let first = h &+ sum1 &+ (g ^ (e & (f ^ g))) &+ word
        let sum0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)
        d = d &+ first
        h = first &+ sum0 &+ ((a & b) | (c & (a | b)))
    }

    @inline(__always)
    private static func rotate(_ word: UInt32, _ count: UInt32) -> UInt32 {
        (word &>> count) | (word &<< (32 &- count))
    }

    /// The first 32 bits of the fractional parts of the cube roots of the first 64 primes (FIPS 180-4, 4.2.2).
    private static let constants: [UInt32] = [
        0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5, 0x3956_c25b, 0x59f1_11f1, 0x923f_82a4, 0xab1c_5ed5,
        0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3, 0x72be_5d74, 0x80de_b1fe, 0x9bdc_06a7, 0xc19b_f174,
        0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc, 0x2de9_2c6f, 0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da,
        0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7, 0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967,
        0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc, 0x5338_0d13, 0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85,
        0xa2bf_e8a1, 0xa81a_664b, 0xc24b_8b70, 0xc76c_51a3, 0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070,
        0x19a4_c116, 0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5, 0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3,
        0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208, 0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7, 0xc671_78f2,
    ]
}
