public import FoundationEssentials
public import Stowage

/// The record of generated programs: every type of value under names that break what does not quote them, and a unique
/// field. It is public so that a printed program compiles in an author's tests.
public struct Specimen: StorageRecord, Equatable {
    /// The identifier.
    public var id: String
    /// A required whole number, indexed.
    public var count: Int
    /// A whole number of any size.
    public var size: Int64?
    /// A binary floating-point number.
    public var ratio: Double?
    /// Required text.
    public var text: String
    /// Text, indexed.
    public var note: String?
    /// Text that only one record may hold.
    public var email: String?
    /// A truth value.
    public var flag: Bool?
    /// Bytes.
    public var bytes: Data?
    /// A UUID.
    public var uuid: UUID?
    /// A moment as a `Date`.
    public var date: Date?
    /// A moment to the microsecond, indexed.
    public var time: Timestamp?
    /// A decimal number.
    public var amount: Decimal?
    /// An enum by its raw value.
    public var mood: Mood?
    /// A nested value.
    public var spot: Spot?
    /// A nested list.
    public var tags: [String]

    /// Describes a record; what is not named is empty.
    public init(
        id: String,
        count: Int = 0,
        size: Int64? = nil,
        ratio: Double? = nil,
        text: String = "",
        note: String? = nil,
        email: String? = nil,
        flag: Bool? = nil,
        bytes: Data? = nil,
        uuid: UUID? = nil,
        date: Date? = nil,
        time: Timestamp? = nil,
        amount: Decimal? = nil,
        mood: Mood? = nil,
        spot: Spot? = nil,
        tags: [String] = []
    ) {
        self.id = id
        self.count = count
        self.size = size
        self.ratio = ratio
        self.text = text
        self.note = note
        self.email = email
        self.flag = flag
        self.bytes = bytes
        self.uuid = uuid
        self.date = date
        self.time = time
        self.amount = amount
        self.mood = mood
        self.spot = spot
        self.tags = tags
    }

    /// An enum whose raw values are hostile text.
    public enum Mood: String, Codable, CaseIterable, Sendable {
        /// An ordinary raw value.
        case calm
        /// A raw value with quotes.
        case wild = "wild \"one\""
        /// The empty raw value.
        case blank = ""
    }

    /// A nested value.
    public struct Spot: Codable, Equatable, Sendable {
        /// A required member.
        public var x: Double
        /// An optional member.
        public var y: Int64?
        /// Text.
        public var name: String

        /// Describes a nested value.
        public init(x: Double = 0, y: Int64? = nil, name: String = "") {
            self.x = x
            self.y = y
            self.name = name
        }
    }

    enum CodingKeys: String, CodingKey {
        case id = "select"
        case count = "or\"der"
        case size = "per%cent"
        case ratio = "te'xt"
        case text = "`tick`"
        case note = "semi;colon -- drop"
        case email = "日付"
        case flag = "back\\slash"
        case bytes = ":colon"
        case uuid = "@at"
        case date = "new\nline"
        case time = "é"
        case amount = "trailing "
        case mood = "null"
        case spot = "rowid"
        case tags = "''"
    }

    /// A name that must be quoted.
    public static let collection = "specimens \"of\" 'all' %s ?"

    /// Every property.
    public static var fields: [Field<Specimen>] {
        Field(CodingKeys.id.rawValue, \.id).identifier()
        Field(CodingKeys.count.rawValue, \.count).indexed()
        Field(CodingKeys.size.rawValue, \.size)
        Field(CodingKeys.ratio.rawValue, \.ratio)
        Field(CodingKeys.text.rawValue, \.text)
        Field(CodingKeys.note.rawValue, \.note).indexed()
        Field(CodingKeys.email.rawValue, \.email).unique()
        Field(CodingKeys.flag.rawValue, \.flag)
        Field(CodingKeys.bytes.rawValue, \.bytes)
        Field(CodingKeys.uuid.rawValue, \.uuid)
        Field(CodingKeys.date.rawValue, \.date)
        Field(CodingKeys.time.rawValue, \.time).indexed()
        Field(CodingKeys.amount.rawValue, \.amount)
        Field(CodingKeys.mood.rawValue, \.mood)
        Field(CodingKeys.spot.rawValue, \.spot)
        Field(CodingKeys.tags.rawValue, \.tags)
    }
}

/// The store of generated programs as a value.
public struct SpecimenState: StorageState, Equatable, Codable {
    /// The records.
    public var specimens: [Specimen]
    /// A field of the store.
    public var baseDir: String?
    /// Another field of the store.
    public var generation: Int64?

    /// An empty store.
    public init() { specimens = [] }

    /// A store with all that is named.
    public init(specimens: [Specimen], baseDir: String? = nil, generation: Int64? = nil) {
        self.specimens = specimens
        self.baseDir = baseDir
        self.generation = generation
    }

    /// Where the records are.
    public static var records: any WritableKeyPath<SpecimenState, [Specimen]> & Sendable { \.specimens }
    /// The store's fields.
    public static var fields: [Field<SpecimenState>] {
        Field("baseDir", \.baseDir)
        Field("generation", \.generation)
    }
}
