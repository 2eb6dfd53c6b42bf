internal import FoundationEssentials
internal import Stowage

/// Values that have broken storages before; few and distinct, so that ties and matches happen.
enum HostileValues {
    static let composed = "\u{e9}"
    static let decomposed = "e\u{301}"

    /// Text in no order at all. None holds U+0000, and none is over 1,024 bytes.
    static let texts: [String] = [
        "", " ", "a", "A", "b", "B", "aB", "Ab", "ab", "AB", "z", "Z", "_", "%", "\\", "\\%", "a%b", "a_b", "a\\b",
        "a'b",
        "a\"b", "''", "\"\"", "`", "--", "; DROP TABLE zoo; --", "NULL", "null", "0", "00", "1", "10", "9", "-1", "1e3",
        "?",
        "?1", ":a", "$1", "@x", "{}", "[]", "\n", "\r\n", "\t", "\u{1}", "\u{7f}", "\u{80}", "\u{ff}", composed,
        decomposed,
        "E\u{301}", "\u{c9}", "ß", "ss", "ẞ", "İ", "i\u{307}", "ı", "Å", "\u{212b}", "A\u{30a}", "\u{fb01}", "fi", "Ω",
        "\u{2126}",
        "日本", "日本語", "\u{5d0}\u{5d1}", "\u{202e}abc", "\u{200b}", "\u{feff}", "\u{fffd}", "\u{fffe}", "\u{ffff}",
        "\u{10000}",
        "\u{10ffff}", "😀", "👩‍👩‍👧", "🇩🇪", "\u{d7ff}", "\u{e000}", "a ", " a", "a\u{301}",
        "long " + String(repeating: "é", count: 300),
    ]

    static let ints: [Int64] = [
        .min, .min + 1, -9_007_199_254_740_993, -2_147_483_649, -1, 0, 1, 2, 3, 9, 10, 2_147_483_648,
        9_007_199_254_740_992,
        9_007_199_254_740_993, .max - 1, .max,
    ]

    static let doubles: [Double] = [
        0.0, -0.0, 1, -1, 0.1, 0.1 + 0.2, 0.3, 1.5, -1.5, .leastNonzeroMagnitude, -.leastNonzeroMagnitude,
        2.2250738585072014e-308, 1.7976931348623157e308,
        -1.7976931348623157e308, 9_007_199_254_740_992, 1e21, 1e-7, 123_456_789.123_456_79,
    ]

    static let floats: [Float] = [
        0, -0.0, 1, -1, 0.1, 1.5, .leastNonzeroMagnitude, .greatestFiniteMagnitude, 16_777_216,
    ]

    static let blobs: [Data] = [
        Data(), Data([0]), Data([0, 0]), Data([1]), Data([127]), Data([128]), Data([255]), Data([255, 0]),
        Data("a".utf8),
        Data("\\x00".utf8), Data("'".utf8), Data((0...255).map { UInt8($0) }),
    ]

    static let uuids: [UUID] = [
        UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)),
        UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1)),
        UUID(uuid: (1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)),
        UUID(uuid: (127, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)),
        UUID(uuid: (128, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)),
        UUID(uuid: (255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255)),
    ]

    /// Microseconds since 1970.
    static let times: [Timestamp] = [
        .min, Timestamp(uncheckedMicroseconds: Timestamp.min.microseconds + 1), .max,
        Timestamp(uncheckedMicroseconds: Timestamp.max.microseconds - 1), Timestamp(uncheckedMicroseconds: -1),
        Timestamp(uncheckedMicroseconds: 0), Timestamp(uncheckedMicroseconds: 1),
        Timestamp(uncheckedMicroseconds: -12_219_292_800_000_000),  // 1582-10-15
        Timestamp(uncheckedMicroseconds: -12_219_292_800_000_001),
        Timestamp(uncheckedMicroseconds: 1_714_404_180_000_000),
        Timestamp(uncheckedMicroseconds: 1_714_404_180_000_001),
        Timestamp(uncheckedMicroseconds: 1_714_404_180_123_456),
        Timestamp(uncheckedMicroseconds: 951_782_400_000_000),  // 2000-02-29
    ]

    /// Dates that hold their microsecond exactly.
    static let dates: [Date] = [
        Date(timeIntervalSince1970: 0), Date(timeIntervalSince1970: -0.5), Date(timeIntervalSince1970: 0.25),
        Date(timeIntervalSince1970: 1_714_404_180), Date(timeIntervalSince1970: 1_714_404_180.5),
        Date(timeIntervalSince1970: -62_135_596_800), Date(timeIntervalSince1970: 253_402_300_799),
        Date(timeIntervalSince1970: -12_219_292_800), Date(timeIntervalSince1970: 951_782_400),
    ]

    static let decimals: [Decimal] = [
        0, 1, -1, 10, 9, decimal("0.1"), decimal("0.10"), decimal("0.30"), decimal("-0.1"),
        decimal("1000000000000000000000000000000"),
        decimal("0.0000000000000000000000000001"), decimal("12345678901234567890123456789012345678"), decimal("99.99"),
    ]

    /// A decimal number that is written here, so it can be read.
    static func decimal(_ text: String) -> Decimal { Decimal(string: text) ?? 0 }
}
