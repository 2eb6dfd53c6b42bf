import FoundationEssentials
import Testing

@testable import Stowage
@testable import StowageSQL

struct PredicateWriterTests {
    private let less = QueryPredicate.compare(field: "count", .less, .int(5))

    @Test func comparisons() throws {
        #expect(try Samples.sqlite(less) == #""count" < ?1"#)
        #expect(try Samples.postgres(less) == #""count" < $1"#)
        #expect(try Samples.sqlite(.not(less)) == #"("count" IS NULL OR "count" >= ?1)"#)
        #expect(try Samples.sqlite(.compare(field: "count", .equal, .int(5))) == #""count" = ?1"#)
        #expect(try Samples.sqlite(.compare(field: "count", .notEqual, .int(5))) == #""count" IS NOT ?1"#)
        #expect(try Samples.postgres(.compare(field: "count", .notEqual, .int(5))) == #""count" IS DISTINCT FROM $1"#)
        #expect(try Samples.sqlite(.not(.compare(field: "count", .equal, .int(5)))) == #""count" IS NOT ?1"#)
        #expect(try Samples.sqlite(.not(.compare(field: "count", .notEqual, .int(5)))) == #""count" = ?1"#)
        // Where nothing can be null, nothing is said of null.
        #expect(try Samples.sqlite(.compare(field: "id", .notEqual, .text("x"))) == #""id" <> ?1"#)
        #expect(try Samples.sqlite(.not(.compare(field: "id", .less, .text("x")))) == #""id" >= ?1"#)
    }

    @Test func negationsGoDown() throws {
        let both = QueryPredicate.and([less, .isNil(field: "name")])
        #expect(try Samples.sqlite(both) == #"("count" < ?1 AND "name" IS NULL)"#)
        #expect(
            try Samples.sqlite(.not(both)) == #"(("count" IS NULL OR "count" >= ?1) OR "name" IS NOT NULL)"#
        )
        #expect(try Samples.sqlite(.not(.not(both))) == #"("count" < ?1 AND "name" IS NULL)"#)
        #expect(try Samples.sqlite(.and([])) == "1=1")
        #expect(try Samples.sqlite(.or([])) == "1=0")
        #expect(try Samples.sqlite(.not(.all)) == "1=0")
    }

    @Test func membership() throws {
        func member(_ isIn: Bool, _ count: Int) -> QueryPredicate {
            .member(field: "count", isIn: isIn, (0..<count).map { .int(Int64($0)) })
        }
        #expect(try Samples.sqlite(member(true, 0)) == "1=0")
        #expect(try Samples.sqlite(member(false, 0)) == "1=1")
        #expect(try Samples.sqlite(member(true, 2)) == #""count" IN (?1, ?2)"#)
        #expect(try Samples.sqlite(member(false, 2)) == #"("count" IS NULL OR "count" NOT IN (?1, ?2))"#)
        #expect(try Samples.sqlite(.not(member(false, 2))) == #""count" IN (?1, ?2)"#)
        #expect(try Samples.sqlite(member(true, 9)) == #""count" IN (SELECT value FROM json_each(?1))"#)
        #expect(try Samples.postgres(member(true, 9)) == #""count" = ANY($1)"#)
        #expect(try Samples.postgres(member(false, 9)) == #"("count" IS NULL OR "count" <> ALL($1))"#)
    }

    @Test func textSearch() throws {
        func text(_ match: QueryPredicate.TextMatch, _ needle: String, _ ignoringCase: Bool = false) -> QueryPredicate {
            .text(field: "name", match, needle: needle, ignoringASCIICase: ignoringCase)
        }
        #expect(try Samples.sqlite(text(.contains, "a%")) == #"instr("name", ?1) > 0"#)
        #expect(try Samples.postgres(text(.contains, "a%")) == #"strpos("name", $1) > 0"#)
        #expect(try Samples.sqlite(text(.hasPrefix, "ab")) == #"("name" >= ?1 AND "name" < ?2)"#)
        #expect(try Samples.sqlite(text(.hasPrefix, "\u{10ffff}")) == #"("name" >= ?1)"#)
        #expect(
            try Samples.sqlite(.not(text(.hasPrefix, "ab"))) == #"("name" IS NULL OR ("name" < ?1 OR "name" >= ?2))"#
        )
        #expect(try Samples.sqlite(text(.hasSuffix, "b")) == #"substr("name", -length(?1)) = ?1"#)
        #expect(try Samples.sqlite(text(.contains, "A", true)) == #"instr(lower("name"), ?1) > 0"#)
        #expect(try Samples.sqlite(text(.contains, "")) == #""name" IS NOT NULL"#)
        #expect(try Samples.sqlite(.not(text(.hasSuffix, ""))) == #""name" IS NULL"#)
        #expect(
            try Samples.sqlite(.not(text(.contains, "a"))) == #"("name" IS NULL OR NOT (instr("name", ?1) > 0))"#
        )
    }

    @Test func prefixesEndBeforeTheNextText() {
        #expect(TextRange.end(ofPrefix: "ab") == "ac")
        #expect(TextRange.end(ofPrefix: "a\u{10ffff}") == "b")
        #expect(TextRange.end(ofPrefix: "\u{d7ff}") == "\u{e000}")
        #expect(TextRange.end(ofPrefix: "\u{10ffff}\u{10ffff}") == nil)
    }

    @Test func decimalsAreComparedByAnIndexFirst() throws {
        let text = try Samples.sqlite(.compare(field: "price", .less, .decimal(2)))
        #expect(text == #"(CAST("price" AS REAL) <= ?1 AND stowage_decimal_key("price") < ?2)"#)
        #expect(try Samples.postgres(.compare(field: "price", .less, .decimal(2))) == #""price" < $1"#)
    }

    @Test func thousandsOfTermsStayShallow() throws {
        var chain = QueryPredicate.compare(field: "count", .equal, .int(0))
        for number in 1..<5000 { chain = .or([chain, .compare(field: "count", .equal, .int(Int64(number)))]) }
        let text = try Samples.sqlite(chain)
        var depth = 0
        var deepest = 0
        for character in text.utf8 {
            if character == UInt8(ascii: "(") { depth += 1 }
            if character == UInt8(ascii: ")") { depth -= 1 }
            deepest = max(deepest, depth)
        }
        #expect(deepest < 20)
    }

    @Test func whatCannotBeAskedIsRefused() {
        for predicate: QueryPredicate in [
            .compare(field: "absent", .equal, .int(1)), .compare(field: "count", .equal, .text("1")),
            .compare(field: "extra", .equal, .json("1")), .isNil(field: "absent"),
        ] {
            let error = #expect(throws: StorageError.self) { try Samples.sqlite(predicate) }
            #expect(error?.code == .invalidArgument)
        }
    }
}
