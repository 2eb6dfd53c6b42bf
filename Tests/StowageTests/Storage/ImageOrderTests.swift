import Stowage
import Testing

/// The order of answers from memory, where texts are first compared by their first eight bytes.
@Suite struct ImageOrderTests {
    static let names = [
        "", "a", "aa", "aaaaaaaa", "aaaaaaaab", "aaaaaaaac", "aaaaaaab", "b", "e\u{301}", "é", "\u{FFFF}", "\u{10000}",
        "zzzzzzzz1", "zzzzzzzz10", "zzzzzzzz2",
    ]

    private func storage() async throws -> MemoryStorage<Account, RecordsOnly<Account>> {
        let storage = try MemoryStorage<Account, RecordsOnly<Account>>()
        try await storage.initialize()
        for (number, name) in Self.names.shuffled().enumerated() {
            try await storage.create(Account(name: name, balance: number % 3))
        }
        return storage
    }

    @Test func keysComeInTheOrderOfTheirBytes() async throws {
        let storage = try await storage()
        let sorted = Self.names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        func names(_ query: Query<Account>) async throws -> [[UInt8]] {
            try await storage.fetch(query).map { Array($0.name.utf8) }
        }
        let expected = sorted.map { Array($0.utf8) }
        #expect(try await names(.all) == expected)
        #expect(try await names(.sort(\.name, .descending)) == expected.reversed())
        #expect(try await names(.all.limit(3).offset(2)) == Array(expected[2..<5]))
        #expect(try await names(.all.limit(0)).isEmpty)
        let some = try await storage.fetch(.where { $0.balance == 1 })
        #expect(
            some.map { Array($0.name.utf8) }
                == expected.filter { name in some.contains { Array($0.name.utf8) == name } }
        )
        #expect(some.count == 5)
    }

    @Test func aCursorKeepsWhatItFound() async throws {
        let storage = try await storage()
        var seen = 0
        for try await account in storage.stream() {
            if seen == 0 { try await storage.deleteAll(.all) }
            #expect(!account.email.debugDescription.isEmpty)
            seen += 1
        }
        #expect(seen == Self.names.count)
    }
}
