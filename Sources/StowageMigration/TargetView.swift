internal import Stowage

/// What a target holds before a move.
struct TargetView: Sendable {
    var exists = false
    var records = 0
    var state: [StateMember] = []
    var move: MoveRecord?
}

extension StorageMigration {
    /// Looks at the target through a handle that creates nothing.
    func examine() async throws -> TargetView {
        do {
            return try await withExamined { try await view($0) }
        } catch let error as StorageError where error.code == .notFound {
            return TargetView()
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
        let hasMoves = try await hasMoves(database)
        let reading = try await Reading.begin(database)
        do {
            view.records = try await reading.transaction.count(.all, in: collection)
            view.state = try await reading.state(State.self)
            if hasMoves { view.move = try await MoveRecord.read(collection, in: reading.transaction) }
        } catch {
            await reading.end()
            throw error
        }
        await reading.end()
        return view
    }

    /// Whether the store has a place for moves; with a handle for writing it is made.
    private func hasMoves(_ database: StorageDatabase) async throws -> Bool {
        do {
            let context = database.options.context()
            try await database.driver.open([MoveRecord.schema], access: database.access, context: context)
            return true
        } catch let error as StorageError where error.code == .notFound {
            return false
        }
    }
}
