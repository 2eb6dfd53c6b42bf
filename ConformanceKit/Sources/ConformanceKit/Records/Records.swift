internal import FoundationEssentials
internal import Stowage

/// A plain record of text.
struct Note: StorageRecord, Equatable {
    var id: String
    var text = ""
    var tag: String?

    static let collection = "notes"
    static var fields: [Field<Note>] {
        Field("id", \.id).identifier()
        Field("text", \.text)
        Field("tag", \.tag).indexed()
    }
}

/// A bank account with a unique field.
struct Account: StorageRecord, Equatable {
    var id: String
    var balance = 0
    var email: String?
    var owner = Owner()

    /// A property that is no field.
    var debt: Int { -balance }

    struct Owner: Codable, Equatable, Sendable {
        var name = ""
        var phones: [String]?
    }

    static let collection = "accounts"
    static var fields: [Field<Account>] {
        Field("id", \.id).identifier()
        Field("balance", \.balance).indexed()
        Field("email", \.email).unique()
        Field("owner", \.owner)
    }
}

/// A record whose key has two parts, neither the first field.
struct Shelf: StorageRecord, Equatable {
    typealias ID = CompositeKey<String, Int64>
    var content: String?
    var house: String
    var number: Int64

    var key: ID { CompositeKey(house, number) }

    static let collection = "shelves"
    static var fields: [Field<Shelf>] {
        Field("content", \.content)
        Field("house", \.house).identifier()
        Field("number", \.number).identifier()
    }
}

/// A record with a whole number as its id.
struct Ticket: StorageRecord, Equatable {
    typealias ID = Int64
    var number: Int64
    var title = ""

    static let collection = "tickets"
    static var fields: [Field<Ticket>] {
        Field("number", \.number).identifier()
        Field("title", \.title)
    }
}

/// A record with a UUID as its id.
struct Token: StorageRecord, Equatable {
    typealias ID = UUID
    var id: UUID
    var uses = 0

    static let collection = "tokens"
    static var fields: [Field<Token>] {
        Field("id", \.id).identifier()
        Field("uses", \.uses)
    }
}

/// The state of a store of notes, with fields of its own.
struct NoteState: StorageState, Equatable, Encodable {
    var notes: [Note] = []
    var baseDir: String?
    var settings: Settings?
    var generation: Int64?

    struct Settings: Codable, Equatable, Sendable {
        var theme = ""
        var sizes: [Int] = []
    }

    static var records: any WritableKeyPath<NoteState, [Note]> & Sendable { \.notes }
    static var fields: [Field<NoteState>] {
        Field("baseDir", \.baseDir)
        Field("settings", \.settings)
        Field("generation", \.generation)
    }
}
