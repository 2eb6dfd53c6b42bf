internal import Stowage

// One collection described by several types: how an older or a newer program, or another one, sees the same store.

/// A record of a newer program.
struct NewPart: StorageRecord, Equatable {
    var id: String
    var status = "new"
    var detail = Detail()
    var list: [Detail] = []

    struct Detail: Codable, Equatable, Sendable {
        var width = 0
        var color: String?
        var extra: [String: String]?
    }

    static let collection = "parts"
    static var fields: [Field<NewPart>] {
        Field("id", \.id).identifier()
        Field("status", \.status)
        Field("detail", \.detail)
        Field("list", \.list)
    }
}

/// The same record in an older program, which knows fewer keys of its nested values and fewer states.
struct OldPart: StorageRecord, Equatable {
    var id: String
    var status = Status.new
    var detail = Detail()
    var list: [Detail] = []

    enum Status: String, Codable { case new, used }
    struct Detail: Codable, Equatable, Sendable { var width = 0 }

    static let collection = "parts"
    static var fields: [Field<OldPart>] {
        Field("id", \.id).identifier()
        Field("status", \.status)
        Field("detail", \.detail)
        Field("list", \.list)
    }
}

/// The same record with fewer fields: what it does not name is unknown to it.
struct SmallPart: StorageRecord, Equatable {
    var id: String
    var status = "new"

    static let collection = "parts"
    static var fields: [Field<SmallPart>] {
        Field("id", \.id).identifier()
        Field("status", \.status)
    }
}

/// A record with an optional field.
struct LooseItem: StorageRecord, Equatable {
    var id: String
    var size: Int?

    static let collection = "items"
    static var fields: [Field<LooseItem>] {
        Field("id", \.id).identifier()
        Field("size", \.size)
    }
}

/// The same record in a program that requires the field.
struct StrictItem: StorageRecord, Equatable {
    var id: String
    var size: Int

    static let collection = "items"
    static var fields: [Field<StrictItem>] {
        Field("id", \.id).identifier()
        Field("size", \.size)
    }
}

/// The same record in a program that has one more optional field.
struct WideItem: StorageRecord, Equatable {
    var id: String
    var size: Int?
    var color: String?

    static let collection = "items"
    static var fields: [Field<WideItem>] {
        Field("id", \.id).identifier()
        Field("size", \.size)
        Field("color", \.color)
    }
}

/// A record with unsigned numbers.
struct Unsigned: StorageRecord, Equatable {
    var id: String
    var value: UInt64
    var small: UInt8

    static let collection = "unsigned"
    static var fields: [Field<Unsigned>] {
        Field("id", \.id).identifier()
        Field("value", \.value)
        Field("small", \.small)
    }
}

/// A record with a unique number.
struct Measure: StorageRecord, Equatable {
    var id: String
    var value: Double?

    static let collection = "measures"
    static var fields: [Field<Measure>] {
        Field("id", \.id).identifier()
        Field("value", \.value).unique()
    }
}

/// A record whose schema forgets one of its keys.
struct Unlisted: StorageRecord, Equatable {
    var id: String
    var extra: String

    static let collection = "unlisted"
    static var fields: [Field<Unlisted>] { Field("id", \.id).identifier() }
}

/// A record whose collection has one of several names that are easily taken for each other.
struct Twin<Name: TwinName>: StorageRecord, Equatable {
    var id: String
    var text = ""

    static var collection: String { Name.text }
    static var fields: [Field<Twin>] {
        Field("id", \.id).identifier()
        Field("text", \.text)
    }
}

/// The name of a collection of twins.
protocol TwinName: Sendable { static var text: String { get } }

enum SpacedName: TwinName { static let text = "twins of one" }
enum JoinedName: TwinName { static let text = "twins_of_one" }
enum QuotedName: TwinName { static let text = "twins\"of'one" }
enum FirstLongName: TwinName { static let text = "twins of a name that is long enough to be cut, one" }
enum SecondLongName: TwinName { static let text = "twins of a name that is long enough to be cut, two" }
