/// A transaction of the simplest driver: it puts, gets, deletes and scans.
///
/// The core evaluates queries with its ``Evaluator``, and turns mutations into gets, puts and deletes.
public protocol KeyValueTransaction: DriverTransaction {
    /// Where the core keeps what a savepoint may have to put back: `let undo = UndoJournal()`.
    var undo: UndoJournal { get }

    /// The record with this key, unknown members included; nil when absent.
    func row(_ key: Key, in collection: CollectionSchema) async throws -> Row?

    /// Stores a row whole under its key, over any that is there.
    func put(_ row: Row, in collection: CollectionSchema) async throws

    /// Removes the record with this key if it is there.
    func remove(_ key: Key, in collection: CollectionSchema) async throws

    /// Hands over all rows in any order, unknown members included; stops with the error that the handler throws.
    func scan(_ collection: CollectionSchema, rows: RowHandler) async throws

    /// The key of the record that holds these values in a unique index; nil when no record does.
    ///
    /// Derived by a scan: a driver for large collections with unique fields keeps an index and answers from it.
    func holder(of values: [Value], in index: IndexSchema, of collection: CollectionSchema) async throws -> Key?
}
