/// New values for some fields, recorded by assignment and never read.
///
/// ```swift
/// try await sessions.update("s-1") {
///     $0.taskId = nil
///     $0.branch = "main"
/// }
/// ```
///
/// The store applies them in one statement; nothing is read and written back. So `$0.count += 1` does not compile.
@dynamicMemberLookup
public struct RecordChanges<Record: StorageRecord>: Sendable {
    // Swift has no subscript that is only set. The getters below are unavailable, so no program that reads a change
    // compiles, and their bodies are never run.
    private(set) var assignments: [Assignment] = []
    private(set) var problem: QueryProblem?

    init() {}

    /// A required field's new value.
    public subscript<V: FieldValue>(dynamicMember keyPath: WritableKeyPath<Record, V>) -> V {
        @available(*, unavailable, message: "changes are recorded, not read")
        get { fatalError("unavailable") }
        set { record(keyPath) { try newValue.storedValue() } }
    }
    /// An optional field's new value; nil clears it.
    public subscript<V: FieldValue>(dynamicMember keyPath: WritableKeyPath<Record, V?>) -> V? {
        @available(*, unavailable, message: "changes are recorded, not read")
        get { fatalError("unavailable") }
        set { record(keyPath) { try newValue?.storedValue() ?? .null } }
    }
    /// A required enum's new value.
    public subscript<V: RawRepresentable & Codable & Sendable>(dynamicMember keyPath: WritableKeyPath<Record, V>) -> V
    where V.RawValue: FieldValue {
        @available(*, unavailable, message: "changes are recorded, not read")
        get { fatalError("unavailable") }
        set { record(keyPath) { try newValue.rawValue.storedValue() } }
    }
    /// An optional enum's new value; nil clears it.
    public subscript<V: RawRepresentable & Codable & Sendable>(
        dynamicMember keyPath: WritableKeyPath<Record, V?>
    ) -> V? where V.RawValue: FieldValue {
        @available(*, unavailable, message: "changes are recorded, not read")
        get { fatalError("unavailable") }
        set { record(keyPath) { try newValue?.rawValue.storedValue() ?? .null } }
    }
    /// A nested field's new value, replaced whole (REC-3).
    public subscript<V: Codable & Sendable>(dynamicMember keyPath: WritableKeyPath<Record, V>) -> V {
        @available(*, unavailable, message: "changes are recorded, not read")
        get { fatalError("unavailable") }
        set { record(keyPath) { .json(try JSONValueEncoder.encodeToText(newValue)) } }
    }
    /// An optional nested field's new value, replaced whole; nil clears it (REC-3).
    public subscript<V: Codable & Sendable>(dynamicMember keyPath: WritableKeyPath<Record, V?>) -> V? {
        @available(*, unavailable, message: "changes are recorded, not read")
        get { fatalError("unavailable") }
        set { record(keyPath) { try newValue.map { .json(try JSONValueEncoder.encodeToText($0)) } ?? .null } }
    }

    private mutating func record(_ keyPath: PartialKeyPath<Record>, _ value: () throws -> Value) {
        switch ResolvedField.resolve(keyPath, of: Record.self) {
        case .failure(let found): problem = problem ?? found
        case .success(let field):
            do {
                let assignment = Assignment(field: field.position, value: try value())
                // The last assignment of a field is the one that counts, as in Swift.
                assignments.removeAll { $0.field == field.position }
                assignments.append(assignment)
            } catch {
                problem = problem ?? QueryProblem(error, field: field.name)
            }
        }
    }

    /// The assignments, checked.
    ///
    /// - Throws: ``StorageError`` with code `invalidArgument` for the id (REC-3) or a key path that is no field, and
    ///   `invalidValue` for a value that no backend keeps.
    func checked(_ schema: RecordSchema<Record>) throws -> [Assignment] {
        if let problem { throw problem.error.inCollection(schema.collection.name) }
        let indexed = schema.indexedPositions
        for assignment in assignments {
            let name = schema.collection.fields[assignment.field].name
            if schema.collection.key.contains(assignment.field) {
                throw StorageError(
                    .invalidArgument,
                    "the id of a record cannot change",
                    advice: "Create a new record instead"
                ).inField(name).inCollection(schema.collection.name)
            }
            guard indexed.contains(assignment.field) else { continue }
            do {
                try assignment.value.checkIndexable()
            } catch let error as StorageError {
                throw error.inField(name).inCollection(schema.collection.name)
            }
        }
        return assignments
    }
}
