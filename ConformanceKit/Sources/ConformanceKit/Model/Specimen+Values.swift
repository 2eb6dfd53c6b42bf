public import FoundationEssentials
public import Stowage

/// Values that a printed program writes as one expression that cannot fail.
extension Specimen {
    /// A moment by its microseconds since 1970.
    public static func moment(_ microseconds: Int64) -> Timestamp { Timestamp(uncheckedMicroseconds: microseconds) }
    /// A date by its seconds since 1970.
    public static func date(_ seconds: Double) -> Date { Date(timeIntervalSince1970: seconds) }
    /// A number by its digits; 0 for text that is none.
    public static func decimal(_ digits: String) -> Decimal { Decimal(string: digits) ?? 0 }
    /// Bytes.
    public static func bytes(_ bytes: [UInt8]) -> Data { Data(bytes) }
    /// A UUID by its sixteen bytes, the missing ones being 0.
    public static func uuid(_ bytes: [UInt8]) -> UUID {
        var uuid = UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)).uuid
        withUnsafeMutableBytes(of: &uuid) { $0.copyBytes(from: bytes.prefix(16)) }
        return UUID(uuid: uuid)
    }

    /// The storage of a new handle, initialized.
    public static func storage(
        of database: StorageDatabase
    ) async throws -> RecordStorage<Specimen, SpecimenState> {
        let storage = try database.storage(Specimen.self, state: SpecimenState.self)
        try await storage.initialize()
        return storage
    }
}
