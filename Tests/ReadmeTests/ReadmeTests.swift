import Foundation
import Testing

@Suite struct ReadmeTests {
    private static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    private func text(_ path: String) throws -> String {
        try String(contentsOf: Self.root.appendingPathComponent(path), encoding: .utf8)
    }

    private func blocks(of path: String) throws -> [String] {
        try text(path).components(separatedBy: "```swift\n").dropFirst().map { $0.components(separatedBy: "```")[0] }
    }

    @Test func everyExampleIsCompiled() throws {
        let examples = try text("Tests/ReadmeTests/ReadmeExamples.swift")
        let blocks = try blocks(of: "README.md").filter { !$0.hasPrefix(".package(") }
        #expect(blocks.count >= 5)
        // The macro's example compiles with a trait that is off here: in a package of its own.
        let macro = try text("Examples/RecordMacro/Sources/notes/Note.swift")
        #expect(blocks.contains { $0.hasPrefix("@Record") && macro.contains($0) })
        for block in blocks where !block.hasPrefix("@Record") {
            #expect(examples.contains(block), "not compiled: \(block.prefix(60))")
        }
    }

    /// The guide's code is that of the package it walks through, which `scripts/test` builds, tests and runs.
    @Test func theGuideQuotesItsPackage() throws {
        let folder = "Examples/ThirdPartyAdapter"
        let files = FileManager.default.enumerator(atPath: Self.root.appendingPathComponent(folder).path)
        var sources: [String] = []
        while let file = files?.nextObject() as? String {
            if file == ".build" { files?.skipDescendants() }
            if file.hasSuffix(".swift"), !file.hasPrefix(".build/") { sources.append(try text("\(folder)/\(file)")) }
        }
        let blocks = try blocks(of: "docs/WritingAnAdapter.md")
        #expect(blocks.count >= 8)
        for block in blocks {
            #expect(sources.contains { $0.contains(block) }, "not in the package: \(block.prefix(60))")
        }
    }

    /// What a stranger's package may depend on, and how long the adapter may be.
    @Test func theExampleIsAStrangers() throws {
        let folder = "Examples/ThirdPartyAdapter"
        let package = try text("\(folder)/Package.swift")
        for name in ["StowageJSON", "StowageSQLite", "StowagePostgres"] { #expect(!package.contains(name)) }
        let sources = Self.root.appendingPathComponent("\(folder)/Sources")
        var count = 0
        for case let file as String in FileManager.default.enumerator(atPath: sources.path) ?? .init()
        where file.hasSuffix(".swift") {
            let lines = try text("\(folder)/Sources/\(file)").split(separator: "\n")
                .map { $0.trimmingCharacters(in: .whitespaces) }
            count += lines.filter { !$0.isEmpty && !$0.hasPrefix("//") }.count
        }
        #expect(count > 0 && count <= 250)
    }
}
