internal import Stowage

/// What a target holds before a move.
struct TargetView: Sendable {
    var exists = false
    /// Whether a database is there, which other programs may use, without the collection.
    var isOthers = false
    var records = 0
    var state: [StateMember] = []
    var move: MoveRecord?
    /// How many replaced records are kept for a rollback of that move.
    var formerRecords = 0
    var rules = TargetRules()
    /// A table that has the name of the staging area, and that no move has made.
    var stranger: String?
}

extension StorageMigration {
    /// Looks at the target through a handle that creates nothing.
    func examine() async throws -> TargetView {
        do {
            return try await withExamined { try await view($0) }
        } catch let error as StorageError where error.code == .notFound {
            return TargetView(isOthers: error.collection != nil)
        }
    }

    /// The same; nil when the target has to be brought to the newest schema first, as opening it for writing does: a move
    /// that was killed while it made the target leaves it so.
    func examineUnlessPending() async throws -> TargetView? {
        do {
            return try await examine()
        } catch let error as StorageError where error.code == .schemaMismatch {
            return nil
        }
    }

    func view(_ database: StorageDatabase) async throws -> TargetView {
        var view = TargetView(exists: true)
        let books = try await MoveBooks(of: collection, in: database)
        view.rules = try await rules(of: database)
        let reading = try await Reading.begin(database)
        do {
            view.records = try await reading.transaction.count(.all, in: collection)
            view.state = try await reading.state(State.self)
            view.move = try await books.last(in: reading.transaction)
            if view.move != nil { view.formerRecords = try await books.formerRecords(in: reading.transaction) }
        } catch {
            await reading.end()
            throw error
        }
        await reading.end()
        // A staging area and its move's record come and go together.
        if view.move?.phase != .copying, try await books.hasStaging(in: database) {
            view.stranger = collection.staging.name
        }
        return view
    }
}
