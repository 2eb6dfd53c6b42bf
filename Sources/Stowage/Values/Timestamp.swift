/// A point in time, exact to the microsecond, from year 0001 to 9999 in UTC (VAL-5).
///
/// ```swift
/// let created = try Timestamp(rfc3339: "2024-04-29T17:23:00+02:00")
/// print(created)                // 2024-04-29T15:23:00.000000Z
/// print(created.microseconds)   // 1714404180000000
/// ```
///
/// The calendar is the proleptic Gregorian one, by arithmetic of our own: Foundation formats dates before 1582 in the
/// Julian calendar, and a `Date` holds microseconds exactly only from 1729 to 2273.
public struct Timestamp: Sendable, Hashable {
    /// Microseconds since 1970-01-01T00:00:00Z, negative before, leap seconds not counted.
    public let microseconds: Int64

    /// The first microsecond of year 0001.
    public static let min = Timestamp(uncheckedMicroseconds: -62_135_596_800_000_000)
    /// The last microsecond of year 9999.
    public static let max = Timestamp(uncheckedMicroseconds: 253_402_300_799_999_999)

    /// Makes the point in time that lies so many microseconds after 1970-01-01T00:00:00Z.
    ///
    /// - Throws: `invalidValue` when the year would not be one of 0001 to 9999.
    public init(microseconds: Int64) throws(StorageError) {
        guard Self.isValid(microseconds: microseconds) else { throw Self.outOfRange }
        self.microseconds = microseconds
    }

    /// Makes a point in time from microseconds that are known to lie between ``min`` and ``max``.
    package init(uncheckedMicroseconds microseconds: Int64) {
        self.microseconds = microseconds
    }

    /// Whether so many microseconds since 1970 fall in the years 0001 to 9999.
    package static func isValid(microseconds: Int64) -> Bool {
        microseconds >= min.microseconds && microseconds <= max.microseconds
    }

    static var outOfRange: StorageError {
        StorageError(.invalidValue, "the time is outside the years 0001 to 9999")
    }
}

extension Timestamp: Comparable {
    /// Earlier before later.
    public static func < (left: Timestamp, right: Timestamp) -> Bool { left.microseconds < right.microseconds }
}

extension Timestamp: Codable {
    /// Reads the RFC 3339 text.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        do {
            try self.init(rfc3339: container.decode(String.self))
        } catch let error as StorageError {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: error.message)
        }
    }

    /// Writes the RFC 3339 text with six digits and `Z`.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
