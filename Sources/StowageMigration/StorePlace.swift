internal import Stowage

/// Whether two databases are one store.
enum StorePlace {
    /// Throws when it shows without asking anybody: one driver, one file, one name.
    static func requireDifferent(_ source: StorageDatabase, _ target: StorageDatabase) throws {
        let (left, right) = (source.driver.location, target.driver.location)
        // Stores that are nowhere, such as memory, are told apart by their drivers.
        let slash = UInt8(ascii: "/")
        let isOne =
            if (source.driver as AnyObject) === (target.driver as AnyObject) {
                true
            } else if left.description.utf8.first == slash {
                left.description == right.description || StoreFile.isSame(left.description, right.description)
            } else {
                // Who can ask the server asks it: one name may lead to two stores as well.
                !(source.driver is any StoreIdentityDriver) && left == right
                    && left.description.utf8.contains(slash)
            }
        if isOne { throw onePlace(source, target) }
    }

    /// Throws when the stores themselves say that they are one.
    static func requireDifferentStores(
        _ source: StorageDatabase,
        _ target: StorageDatabase,
        of collection: CollectionSchema
    ) async throws {
        // A file that was not there before may be now.
        try requireDifferent(source, target)
        guard let driver = source.driver as? any StoreIdentityDriver else { return }
        let context = source.options.context()
        if try await driver.isSameStore(as: target.driver, for: [collection], context: context) {
            throw onePlace(source, target)
        }
    }

    private static func onePlace(_ source: StorageDatabase, _ target: StorageDatabase) -> StorageError {
        let (left, right) = (source.driver.location, target.driver.location)
        return StorageError(
            .invalidArgument,
            "the source and the target of a move are one place: \(left)"
                + (left == right ? "" : ", which is \(right) as well"),
            advice: "Name another target"
        )
    }
}
