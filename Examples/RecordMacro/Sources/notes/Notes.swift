import Stowage
import StowageSQLite

/// Keeps notes in a SQLite file: `notes FILE`.
@main
struct Notes {
    static func main() async throws {
        let notes = try SqliteStorage<Note, RecordsOnly<Note>>(
            path: CommandLine.arguments.dropFirst().first ?? "notes.db"
        )
        try await notes.initialize()
        try await notes.upsert(Note(id: "n-1", title: "Write the schema once", tags: ["stowage"]))
        try await notes.update("n-1") { $0.status = .done }
        let done = try await notes.fetch(.where { $0.status == .done && $0.dueAt == nil }.sort(\.title))
        for note in done { print("\(note.id) \(note.title) \(note.tags)") }
        try await notes.close()
    }
}
