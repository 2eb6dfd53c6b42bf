internal import Stowage

/// What stands against removing records, as a rollback and a restore do.
extension TargetRules {
    /// What a plan says of a later rollback.
    var removalWarnings: [String] {
        removals.map { "the move could not be rolled back: removing a record sets off the \($0) of the target" }
            + references.map { "a rollback may be refused: the \($0) may point to records of the target" }
    }

    /// Throws when removing records changes other tables: they are no part of the store, and nothing would bring back what
    /// they held.
    func requireSilentRemoval(_ collection: CollectionSchema) throws {
        if removals.isEmpty { return }
        throw StorageError(
            .constraint,
            "removing records would change other tables, by the \(removals.joined(separator: ", the ")); nothing was changed",
            advice: "Take that off the table for the time being, or remove the records by hand"
        ).inCollection(collection.name)
    }

    /// An error of removing records, with the foreign keys that may be behind it and what to do; others as they are.
    func explained(_ error: any Error, _ collection: CollectionSchema) -> any Error {
        guard let known = error as? StorageError, known.code == .constraint, !references.isEmpty,
            let code = known.backend?.code, Self.isForeignKey(code)
        else { return error }
        return known.saying(
            "rows of other tables point to records that were to be removed, by the "
                + "\(references.joined(separator: ", the ")); nothing was changed"
        )
        .advising("Remove those rows, or take the key off their table for the time being").inCollection(collection.name)
    }

    /// Whether a backend's code is that of a row which others point to: on Postgres with NO ACTION and RESTRICT, on SQLite
    /// as well, where RESTRICT is a trigger.
    private static func isForeignKey(_ code: String) -> Bool {
        ["23503", "23001"].contains(code) || ["(787)", "(1811)"].contains { code.hasSuffix($0) }
    }
}
