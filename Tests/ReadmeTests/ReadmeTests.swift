import Foundation
import Testing

@Suite struct ReadmeTests {
    private static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    private func text(_ path: String) throws -> String {
        try String(contentsOf: Self.root.appendingPathComponent(path), encoding: .utf8)
    }

    @Test func everyExampleIsCompiled() throws {
        let examples = try text("Tests/ReadmeTests/ReadmeExamples.swift")
        let blocks = try text("README.md").components(separatedBy: "```swift\n").dropFirst()
            .map { $0.components(separatedBy: "```")[0] }.filter { !$0.hasPrefix(".package(") }
        #expect(blocks.count >= 5)
        for block in blocks { #expect(examples.contains(block), "not compiled: \(block.prefix(60))") }
    }
}
