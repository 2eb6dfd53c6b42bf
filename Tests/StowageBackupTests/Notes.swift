import ConformanceKit
import Foundation
import Stowage
import StowageJSON
import StowageMigration
import Testing

/// A record with a unique field and a nested value.
struct Note: StorageRecord, Equatable {
    var id: String
    var title: String?
    var size: Int64 = 0
    var ratio: Double?
    var at: Timestamp?
    var tags: [String]?

    static let collection = "notes"
    static var fields: [Field<Note>] {
        Field("id", \.id).identifier()
        Field("title", \.title).unique()
        Field("size", \.size).indexed()
        Field("ratio", \.ratio)
        Field("at", \.at)
        Field("tags", \.tags)
    }

    static func many(_ count: Int, _ prefix: String = "n") -> [Note] {
        (0..<count).map {
            Note(id: "\(prefix)-\($0)", title: "\(prefix) \($0) é\u{1}\"", size: Int64($0), tags: ["a", "\n"])
        }
    }
}

struct NoteState: StorageState, Equatable {
    var notes: [Note] = []
    var baseDir: String?

    static var records: any WritableKeyPath<NoteState, [Note]> & Sendable { \.notes }
    static var fields: [Field<NoteState>] { Field("baseDir", \.baseDir) }
}

typealias Notes = RecordStorage<Note, NoteState>
typealias NoteBackup = StorageBackup<Note, NoteState>

/// A long deadline: time decides no verdict.
let patient = StorageOptions(deadline: .seconds(300))

/// A folder that goes away with the test.
final class Folder: Sendable {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "stowage-backup-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    subscript(name: String) -> String { "\(path)/\(name)" }

    var names: [String] { ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted() }

    func bytes(_ name: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: URL(fileURLWithPath: self[name]))) }

    @discardableResult
    func write(_ bytes: [UInt8], _ name: String) throws -> String {
        try Data(bytes).write(to: URL(fileURLWithPath: self[name]))
        return self[name]
    }

    /// A backup's lines.
    func lines(_ name: String) throws -> [[UInt8]] {
        try bytes(name).split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).dropLast().map(
            Array.init
        )
    }

    /// The lines between the first and the last: equal content, equal lines.
    func content(_ name: String) throws -> [[UInt8]] { Array(try lines(name).dropFirst().dropLast()) }
}

extension StorageDatabase {
    /// An opened storage of notes.
    func notes() async throws -> Notes {
        let notes = try storage(Note.self, state: NoteState.self)
        try await notes.initialize()
        return notes
    }
}

/// Joins lines to a backup whose counts and checksum are right.
func closed(_ lines: [[UInt8]], records: Int, state: Int) -> [UInt8] {
    let body = lines.flatMap { $0 + [UInt8(ascii: "\n")] }
    let end = #"{"records":\#(records),"state":\#(state),"bytes":\#(body.count),"sha256":"\#(SHA256.hex(of: body))"}"#
    return body + Array((end + "\n").utf8)
}

func text(_ line: [UInt8]) -> String { String(decoding: line, as: UTF8.self) }

/// The error that a body throws.
func failure(_ body: () async throws -> Void) async -> StorageError? {
    do {
        try await body()
        return nil
    } catch {
        return error as? StorageError
    }
}
