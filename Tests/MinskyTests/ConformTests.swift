import Foundation
import Testing

/// `storage conform` as a person runs it.
@Suite struct ConformTests {
    let program: Program
    init() throws { program = try Program() }

    @Test func aDeepRunTakesATimeOrItsOwn() throws {
        defer { program.remove() }
        let deep = try program.run(
            "storage",
            "conform",
            "--backend",
            "memory",
            "--only",
            "rec.model",
            "--seed",
            "1",
            "--deep",
            "1s",
            "--json"
        )
        #expect(deep.status == 0, "\(deep.errors)")
        #expect(deep.output.contains("\"passed\""))
        #expect(try program.run("storage", "conform", "--deep", "soon").status == 64)
        #expect(try program.run("storage", "conform", "--help").output.contains("--deep [<time>]"))
    }

    @Test func nothingPickedIsNoPass() throws {
        defer { program.remove() }
        #expect(try program.run("storage", "conform", "--json", "--only", "no.such.case").status == 64)
    }
}
