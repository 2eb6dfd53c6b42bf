internal import Stowage

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// Whether two databases are one store.
enum StorePlace {
    static func requireDifferent(_ source: StorageDatabase, _ target: StorageDatabase) throws {
        let (left, right) = (source.driver.location, target.driver.location)
        // Stores that are nowhere, such as memory, are told apart by their drivers.
        let isOne =
            (source.driver as AnyObject) === (target.driver as AnyObject)
            || (left.description.utf8.contains(UInt8(ascii: "/")) && real(left) == real(right))
        if isOne {
            throw StorageError(
                .invalidArgument,
                "the source and the target of a move are one place: \(left)",
                advice: "Name another target"
            )
        }
    }

    /// The place with its links resolved, as far as it exists.
    private static func real(_ location: StorageLocation) -> String {
        guard location.description.utf8.first == UInt8(ascii: "/"), let path = realpath(location.description, nil)
        else {
            return location.description
        }
        defer { free(path) }
        return String(cString: path)
    }
}
