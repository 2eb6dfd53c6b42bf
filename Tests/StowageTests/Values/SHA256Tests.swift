import Stowage
import Testing

@Suite("SHA-256")
struct SHA256Tests {
    @Test("The vectors of NIST")
    func vectors() {
        let vectors = [
            ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (
                "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
            ),
            (
                "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
                "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"
            ),
        ]
        for (text, checksum) in vectors {
            #expect(SHA256.hex(of: text.utf8) == checksum)
        }
    }

    @Test("A million times the letter a")
    func million() {
        let letters = [UInt8](repeating: UInt8(ascii: "a"), count: 1_000_000)
        #expect(SHA256.hex(of: letters) == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
    }

    @Test("Pieces of any size give the checksum of the whole", arguments: [1, 3, 55, 56, 63, 64, 65, 127, 128, 200])
    func pieces(size: Int) {
        let bytes = (0..<1_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        for length in [0, 1, 54, 55, 56, 57, 63, 64, 65, 119, 120, 128, 1_000] {
            var checksum = SHA256()
            for start in stride(from: 0, to: length, by: size) {
                checksum.update(bytes[start..<min(start + size, length)])
            }
            #expect(checksum.hex == SHA256.hex(of: bytes.prefix(length)), "length \(length)")
        }
    }

    @Test("Finalizing does not end it")
    func continues() {
        var checksum = SHA256()
        checksum.update("a".utf8)
        #expect(checksum.finalize().count == 32)
        checksum.update("bc".utf8)
        #expect(checksum.hex == SHA256.hex(of: "abc".utf8))
    }
}
