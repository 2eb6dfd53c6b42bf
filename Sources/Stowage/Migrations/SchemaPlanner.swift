/// A migration as the program knows it, for one engine.
public struct KnownMigration: Sendable, Hashable {
    /// Its number.
    public var number: Int
    /// Its name.
    public var name: String
    /// The SHA-256 of its text for the engine.
    public var checksum: String

    /// Describes a migration.
    public init(number: Int, name: String, checksum: String) {
        self.number = number
        self.name = name
        self.checksum = checksum
    }

    /// Describes a migration by its text.
    public init(_ migration: SchemaMigration, text: String) {
        self.init(number: migration.number, name: migration.name, checksum: SHA256.hex(of: text.utf8))
    }

    /// How messages name it.
    public var title: String { "\(number) (\(name))" }
}

/// Decides from what a program knows and what a store has applied what is left to do: a pure function.
public enum SchemaPlanner {
    /// The migrations that are still to be applied, in order.
    ///
    /// - Parameters:
    ///   - known: The program's migrations, numbered 1, 2, 3, ….
    ///   - history: What the store has applied, in any order.
    /// - Throws: `schemaMismatch` that names the migration (SCH-2): one that the program does not know, one that was
    ///   changed since, one that was left out, one that stands twice. Nothing is to be run then.
    public static func pending(_ known: [KnownMigration], after history: [AppliedMigration]) throws -> [KnownMigration]
    {
        let history = history.sorted { $0.number < $1.number }
        for (index, applied) in history.enumerated() {
            let title = "\(applied.number) (\(applied.name))"
            if index > 0, history[index - 1].number == applied.number {
                throw refusal("the store's history has migration \(applied.number) twice", "Repair the history")
            }
            guard let migration = known.first(where: { $0.number == applied.number }) else {
                throw refusal(
                    "the store has applied migration \(title), which this program does not know",
                    applied.number > known.count
                        ? "Use the program's newer version" : "Put the migration back into the program"
                )
            }
            if !TextOrder.equal(migration.name, applied.name) {
                throw refusal(
                    "the store has applied migration \(title), and this program knows \(migration.title) instead",
                    "Use the program that made the store, or give the new migration the next number"
                )
            }
            if !TextOrder.equal(migration.checksum, applied.checksum) {
                throw refusal(
                    "migration \(title) was changed after the store applied it",
                    "Restore the migration as it was, and write a new one for what is to change"
                )
            }
            if applied.number != index + 1 {
                let missing = known.first { $0.number == index + 1 }?.title ?? "\(index + 1)"
                throw refusal(
                    "the store has applied migration \(title) and not migration \(missing), which comes before it",
                    "Restore the store's history or a backup; migrations are applied in order only"
                )
            }
        }
        return Array(known.dropFirst(history.count))
    }

    private static func refusal(_ message: String, _ advice: String) -> StorageError {
        StorageError(.schemaMismatch, message, advice: advice + ". Nothing was run")
    }

    /// The newest version whose collections are those of a store without a history; nil for a store without any.
    ///
    /// - Parameters:
    ///   - versions: What ``SchemaMigrations/versions()`` gives.
    ///   - compare: The differences of the store from a version's collections; nil when it has none of any version.
    /// - Throws: `schemaMismatch` that lists the differences from the newest version when none fits.
    public static func adoptable(
        _ versions: [[CollectionShape]],
        comparing compare: (_ shapes: [CollectionShape], _ forgotten: [CollectionShape]) throws -> [SchemaDifference]
    ) throws -> Int {
        var newest: [SchemaDifference]?
        for number in versions.indices.dropFirst().reversed() {
            let forgotten = Self.forgotten(in: versions, at: number)
            // A column that takes null is no hindrance, unless a migration of ours would have to fill it.
            let changed = Self.optionalityChanges(in: versions, at: number)
            let differences = try compare(versions[number], forgotten).filter { difference in
                difference.preventsAdoption
                    || difference.kind == .otherOptionality
                        && changed.contains {
                            TextOrder.equal($0.collection, difference.collection)
                                && TextOrder.equal($0.field, difference.name ?? "")
                        }
            }
            if differences.isEmpty { return number }
            newest = newest ?? differences
        }
        let list = (newest ?? []).prefix(50).map(\.description).joined(separator: "; ")
        throw StorageError(
            .schemaMismatch,
            "the store was made without migrations, and fits no version of the schema: \(list)",
            advice: "Bring it to one of the versions by hand, or move its records into a new store; nothing was changed"
        )
    }

    /// The fields that versions before one had as optional and that one has as required, or the other way round.
    private static func optionalityChanges(
        in versions: [[CollectionShape]],
        at number: Int
    ) -> [(collection: String, field: String)] {
        versions[number].flatMap { shape in
            shape.fields.filter { field in
                versions[..<number].joined().contains { earlier in
                    earlier.isNamed(shape.name)
                        && earlier.position(of: field.name).map { earlier.fields[$0].isOptional != field.isOptional }
                            ?? false
                }
            }.map { (shape.name, $0.name) }
        }
    }

    /// The collections and fields that versions before one knew and that one does not.
    private static func forgotten(in versions: [[CollectionShape]], at number: Int) -> [CollectionShape] {
        var forgotten: [CollectionShape] = []
        for shape in versions[..<number].joined() {
            let now = versions[number].first { $0.isNamed(shape.name) }
            for field in shape.fields where now?.position(of: field.name) == nil {
                if let place = forgotten.firstIndex(where: { $0.isNamed(shape.name) }) {
                    if forgotten[place].position(of: field.name) == nil { forgotten[place].fields.append(field) }
                } else {
                    forgotten.append(
                        CollectionShape(name: shape.name, namespace: shape.namespace, fields: [field], indexes: [])
                    )
                }
            }
        }
        return forgotten
    }
}

extension StorageError {
    /// The error of a migration that failed and was undone.
    package func failing(_ migration: KnownMigration) -> StorageError {
        // What is not the migration's fault keeps its own words.
        if [.timeout, .cancelled, .unavailable, .commitUnknown, .closed, .storageFull].contains(code) {
            return code == .timeout
                ? advising("Give the call a longer deadline, or try again when the store is idle") : self
        }
        return saying("migration \(migration.title) failed and was undone: \(message)")
    }
}
