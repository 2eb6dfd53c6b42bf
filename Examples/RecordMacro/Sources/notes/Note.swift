import FoundationEssentials
import Stowage

@Record("notes")
struct Note {
    @Identifier var id: String
    @Unique var title: String
    @Indexed var status: Status = .open
    @FieldName("due_at") var dueAt: Date?
    @Secret var token: String?
    var tags: [String] = []

    enum Status: String, Codable {
        case open, done
    }
}
