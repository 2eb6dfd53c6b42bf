import FoundationEssentials
import Stowage

enum Level: String, Codable, CaseIterable { case low, high }

struct Address: Codable, Sendable, Equatable {
    var street: String
    var number: Int?
}

struct Account: StorageRecord, Equatable {
    var name: String
    var email: String?
    var balance: Int = 0
    var level: Level = .low
    var address: Address?
    var openedAt: Date = Date(timeIntervalSince1970: 1)

    static let collection = "accounts"
    static var fields: [Field<Account>] {
        Field("name", \.name).identifier()
        Field("email", \.email).unique()
        Field("balance", \.balance).indexed()
        Field("level", \.level)
        Field("address", \.address)
        Field("openedAt", \.openedAt)
    }
}
