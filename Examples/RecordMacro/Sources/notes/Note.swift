import FoundationEssentials
import Stowage

/// What the program keeps: a plain struct, whose marks say what the store should know of a property.
@Record("notes")
struct Note: Equatable {
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
