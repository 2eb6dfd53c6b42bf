/// What a transaction offers whose engine can fill a collection aside and put it into place at once.
///
/// ```swift
/// try await transaction.stage(sessions, as: staging)     // an empty collection aside
/// // … then, in any number of transactions, ordinary batches into `staging` …
/// _ = try await transaction.publish(staging, as: sessions)   // readers see nothing, then everything
/// ```
///
/// A staging area is an ordinary collection with an internal name and without secondary indexes: it is opened, written
/// and read like any other. A driver that offers this declares ``Capabilities/Feature/staging``.
public protocol StagingTransaction: DriverTransaction {
    /// Makes an empty staging area for a collection that is open, in place of any older one of that name.
    ///
    /// The area is opened afterwards, by ``StorageDriver/open(_:access:context:)``.
    func stage(_ collection: CollectionSchema, as staging: CollectionSchema) async throws

    /// Makes the records of a staging area those of an empty collection, with all its indexes, and removes the area.
    ///
    /// Promised: the collection is seen to be empty under a lock that keeps writers out until the transaction ends.
    /// Other handles that have the collection open go on working. The first call of its transaction.
    ///
    /// - Returns: Whether the area itself became the collection. When not, its records were written into the collection's
    ///   own table, whose triggers, rules and defaults may have changed them: the caller compares once more.
    /// - Throws: `alreadyExists` when the collection holds a record; `constraint` when the records break a unique index.
    func publish(_ staging: CollectionSchema, as collection: CollectionSchema) async throws -> Bool

    /// Removes a staging area and all that is in it; one that is absent is no error.
    func drop(_ staging: CollectionSchema) async throws
}
