#if Postgres
/// A type by its object identifier, which is fixed for Postgres' own types (`src/include/catalog/pg_type.dat`).
package struct PostgresType: Sendable, Hashable {
    /// The object identifier; zero lets the server decide.
    package let oid: UInt32

    /// Names a type.
    package init(oid: UInt32) { self.oid = oid }

    package static let unknown = PostgresType(oid: 0)
    package static let bool = PostgresType(oid: 16)
    package static let bytea = PostgresType(oid: 17)
    package static let int8 = PostgresType(oid: 20)
    package static let int2 = PostgresType(oid: 21)
    package static let int4 = PostgresType(oid: 23)
    package static let text = PostgresType(oid: 25)
    package static let json = PostgresType(oid: 114)
    package static let float8 = PostgresType(oid: 701)
    package static let timestamptz = PostgresType(oid: 1184)
    package static let numeric = PostgresType(oid: 1700)
    package static let uuid = PostgresType(oid: 2950)
    package static let jsonb = PostgresType(oid: 3802)

    /// The type of arrays of this one, for the types that can be sent as arrays.
    var array: PostgresType? {
        switch self {
        case .bool: PostgresType(oid: 1000)
        case .bytea: PostgresType(oid: 1001)
        case .int8: PostgresType(oid: 1016)
        case .text: PostgresType(oid: 1009)
        case .json: PostgresType(oid: 199)
        case .float8: PostgresType(oid: 1022)
        case .timestamptz: PostgresType(oid: 1185)
        case .uuid: PostgresType(oid: 2951)
        default: nil
        }
    }
}

/// The distance from 1970 to 2000, from which Postgres counts, in microseconds.
let microsecondsFrom1970To2000: Int64 = 946_684_800_000_000
#endif
