/// A driver whose stores go by several names, and that can tell whether two names lead to one store.
///
/// Optional, for stores behind a network: `localhost`, `127.0.0.1` and the folder of a socket may be one server. A move
/// asks the driver of its source before it does anything, since a move of a store into itself would write to the source.
/// Stores that are files are told apart by the files themselves, and need not conform.
public protocol StoreIdentityDriver: StorageDriver {
    /// Whether another driver of the same kind leads to the same store. Neither needs to be open; nothing is written.
    ///
    /// - Parameters:
    ///   - other: The other driver; of another type it leads to another store.
    ///   - collections: What the store is looked for by.
    /// - Returns: True only when it is proven.
    /// - Throws: What keeps it from being found out, such as `unavailable`; an absent store is no error.
    func isSameStore(
        as other: any StorageDriver,
        for collections: [CollectionSchema],
        context: OperationContext
    ) async throws -> Bool
}
