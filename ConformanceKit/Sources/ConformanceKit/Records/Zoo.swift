internal import FoundationEssentials
internal import Stowage

/// Every type of value, required and optional, under names that break what does not quote them (QRY-7).
struct Zoo: StorageRecord, Equatable {
    var id: String
    var flag = false
    var flagMaybe: Bool?
    var count = 0
    var countMaybe: Int?
    var big: Int64 = 0
    var bigMaybe: Int64?
    var ratio = 0.0
    var ratioMaybe: Double?
    var single: Float = 0
    var singleMaybe: Float?
    var text = ""
    var textMaybe: String?
    var label = ""
    var bytes = Data()
    var bytesMaybe: Data?
    var uuid = HostileValues.uuids[0]
    var uuidMaybe: UUID?
    var date = Date(timeIntervalSince1970: 0)
    var dateMaybe: Date?
    var time = Timestamp(uncheckedMicroseconds: 0)
    var timeMaybe: Timestamp?
    var amount: Decimal = 0
    var amountMaybe: Decimal?
    var mood = Mood.calm
    var moodMaybe: Mood?
    var rank = Rank.low
    var rankMaybe: Rank?
    var spot = Spot()
    var spotMaybe: Spot?
    var tags: [String] = []
    var tagsMaybe: [String]?
    var scores: [String: Int] = [:]
    var scoresMaybe: [String: Int]?

    enum Mood: String, Codable, CaseIterable { case calm, wild = "wild \"one\"", blank = "" }
    enum Rank: Int, Codable, CaseIterable { case low = -1, zero = 0, high = 7 }
    struct Spot: Codable, Equatable, Sendable {
        var x = 0.0
        var y: Int64?
        var name = ""
        var inner: [Inner] = []
        struct Inner: Codable, Equatable, Sendable { var deep: [String: Bool?] = [:] }
    }

    enum CodingKeys: String, CodingKey {
        case id = "select"
        case flag = "order"
        case flagMaybe = "group by"
        case count = "in\"t"
        case countMaybe = "per%cent"
        case big = "qu?stion"
        case bigMaybe = "dollar$1"
        case ratio = "te'xt"
        case ratioMaybe = "back\\slash"
        case single = "new\nline"
        case singleMaybe = "tab\tbed"
        case text = "`tick`"
        case textMaybe = "semi;colon -- drop"
        case label = "[bracket]"
        case bytes = ":colon"
        case bytesMaybe = "@at"
        case uuid = "{curly}"
        case uuidMaybe = "a.b"
        case date = "日付"
        case dateMaybe = "é"
        case time = "😀"
        case timeMaybe = "\u{200b}"
        case amount = " leading"
        case amountMaybe = "trailing "
        case mood = "null"
        case moodMaybe = "where"
        case rank = "from"
        case rankMaybe = "\"\""
        case spot = "rowid"
        case spotMaybe = "oid"
        case tags = "''"
        case tagsMaybe = "/*comment*/"
        case scores = "0"
        case scoresMaybe = "A name of sixty-three bytes, the longest that Postgres can keep"
    }

    static let collection = "zoo \"of\" 'all' %s ? \\ ;\n-- ü"
    static var fields: [Field<Zoo>] { plainFields + otherFields }

    @FieldsBuilder<Zoo> private static var plainFields: [Field<Zoo>] {
        Field(CodingKeys.id.rawValue, \.id).identifier()
        Field(CodingKeys.flag.rawValue, \.flag)
        Field(CodingKeys.flagMaybe.rawValue, \.flagMaybe)
        Field(CodingKeys.count.rawValue, \.count).indexed()
        Field(CodingKeys.countMaybe.rawValue, \.countMaybe).indexed()
        Field(CodingKeys.big.rawValue, \.big)
        Field(CodingKeys.bigMaybe.rawValue, \.bigMaybe)
        Field(CodingKeys.ratio.rawValue, \.ratio)
        Field(CodingKeys.ratioMaybe.rawValue, \.ratioMaybe)
        Field(CodingKeys.single.rawValue, \.single)
        Field(CodingKeys.singleMaybe.rawValue, \.singleMaybe)
        Field(CodingKeys.text.rawValue, \.text)
        Field(CodingKeys.textMaybe.rawValue, \.textMaybe)
        Field(CodingKeys.label.rawValue, \.label).indexed()
        Field(CodingKeys.bytes.rawValue, \.bytes)
        Field(CodingKeys.bytesMaybe.rawValue, \.bytesMaybe)
        Field(CodingKeys.uuid.rawValue, \.uuid)
        Field(CodingKeys.uuidMaybe.rawValue, \.uuidMaybe)
    }

    @FieldsBuilder<Zoo> private static var otherFields: [Field<Zoo>] {
        Field(CodingKeys.date.rawValue, \.date)
        Field(CodingKeys.dateMaybe.rawValue, \.dateMaybe).indexed()
        Field(CodingKeys.time.rawValue, \.time).indexed()
        Field(CodingKeys.timeMaybe.rawValue, \.timeMaybe)
        Field(CodingKeys.amount.rawValue, \.amount)
        Field(CodingKeys.amountMaybe.rawValue, \.amountMaybe)
        Field(CodingKeys.mood.rawValue, \.mood)
        Field(CodingKeys.moodMaybe.rawValue, \.moodMaybe)
        Field(CodingKeys.rank.rawValue, \.rank)
        Field(CodingKeys.rankMaybe.rawValue, \.rankMaybe)
        Field(CodingKeys.spot.rawValue, \.spot)
        Field(CodingKeys.spotMaybe.rawValue, \.spotMaybe)
        Field(CodingKeys.tags.rawValue, \.tags)
        Field(CodingKeys.tagsMaybe.rawValue, \.tagsMaybe)
        Field(CodingKeys.scores.rawValue, \.scores)
        Field(CodingKeys.scoresMaybe.rawValue, \.scoresMaybe)
    }
}
