internal import Stowage

/// The columns of a target's table that no field of the schema names, and the one rule about them.
///
/// They are the table's own: a default or a trigger fills them, a move never writes them, and reads hand their values over
/// as unknown members. **What such a column holds is no difference as long as the source's record has no member of its
/// name.** Everything else is compared exactly: a member that the source has and the target lacks, or has with another
/// value, is a difference, and so is an unknown member of the target that is no column of its table.
struct ForeignColumns: Sendable {
    let names: [String]

    /// None by default.
    init(_ names: [String] = []) { self.names = names }

    init(of collection: CollectionSchema, in database: StorageDatabase) async throws {
        guard let driver = database.driver as? any ConstrainedDriver else {
            self.init()
            return
        }
        self.init(try await driver.foreignColumns(of: collection, context: database.options.context()))
    }

    var isEmpty: Bool { names.isEmpty }

    /// A record of the target without what is the table's own.
    ///
    /// - Parameter source: The record of the source, whose members stay; nil to leave every foreign column out.
    func leavingOut(of target: Row, besides source: Row?) -> Row {
        guard !isEmpty, let text = target.unknown, case .object(var members)? = try? JSON(parsing: text) else {
            return target
        }
        let carried = Self.members(of: source)
        let own = names.filter { members[$0] != nil && carried?[$0] == nil }
        if own.isEmpty { return target }
        for name in own { members[name] = nil }
        var row = target
        row.unknown = members.members.isEmpty ? nil : String(decoding: JSON.object(members).compact, as: UTF8.self)
        return row
    }

    /// The foreign columns in which a record holds something.
    func filled(in row: Row) -> [String] {
        guard !isEmpty, let members = Self.members(of: row) else { return [] }
        return names.filter { members[$0] != nil }
    }

    /// A foreign column in which a record of the target holds something else than the source's record, which has a member
    /// of its name.
    func clash(of target: Row, with source: Row) -> String? {
        guard let carried = Self.members(of: source), let held = Self.members(of: target) else { return nil }
        return names.first { name in
            guard let (mine, theirs) = carried[name].flatMap({ mine in held[name].map { (mine, $0) } }) else {
                return false
            }
            return mine.compact != theirs.compact
        }
    }

    /// Whether two records of the target are the same but for what is the table's own.
    func areSame(_ left: Row, _ right: Row, besides source: Row) -> Bool {
        if left.isIdentical(to: right) { return true }
        if isEmpty { return false }
        return leavingOut(of: left, besides: source).isIdentical(to: leavingOut(of: right, besides: source))
    }

    private static func members(of row: Row?) -> JSONObject? {
        guard let text = row?.unknown, case .object(let object)? = try? JSON(parsing: text) else { return nil }
        return object
    }
}
