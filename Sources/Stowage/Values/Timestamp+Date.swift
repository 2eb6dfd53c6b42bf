#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

extension Timestamp {
    /// Seconds from 1970 to 2001, where a `Date` counts from.
    private static let referenceSeconds: Int64 = 978_307_200

    /// The current time, by the system's clock.
    public static var now: Timestamp {
        // A clock set beyond year 9999 is clamped: the other choice is to stop the program.
        (try? Timestamp(Date())) ?? max
    }

    /// Makes the timestamp nearest to a date, halfway cases to the even microsecond.
    ///
    /// - Throws: `invalidValue` when the date is not a number, is infinite or lies outside the years 0001 to 9999.
    public init(_ date: Date) throws(StorageError) {
        let seconds = date.timeIntervalSinceReferenceDate
        // The bounds are generous: they only keep the conversion to Int64 below from trapping.
        guard seconds > -1e12, seconds < 1e12 else { throw Self.outOfRange }
        let whole = seconds.rounded(.towardZero)
        let fraction = seconds - whole
        try self.init(
            microseconds: (Int64(whole) + Self.referenceSeconds) * Self.microsecondsPerSecond
                + Self.roundedMicroseconds(fraction)
        )
    }

    /// The date nearest to this time: exact to the microsecond from 1729 to 2273, where ``init(_:)`` returns the same
    /// timestamp.
    public var date: Date {
        Date(timeIntervalSinceReferenceDate: Self.nearestSeconds(microseconds - Self.referenceSeconds * 1_000_000))
    }

    /// `fraction * 1_000_000`, rounded half-even as if computed with unlimited precision, for |fraction| < 1.
    private static func roundedMicroseconds(_ fraction: Double) -> Int64 {
        let product = fraction * 1_000_000
        let floor = product.rounded(.down)
        // Halves are exact doubles here, so the product's own rounding can reach a half but never cross it; only there
        // does the part that was rounded away matter, and a fused multiply-add gives it exactly.
        guard product - floor == 0.5 else { return Int64(product.rounded(.toNearestOrEven)) }
        let lost = (-product).addingProduct(fraction, 1_000_000)
        if lost > 0 { return Int64(floor) + 1 }
        if lost < 0 { return Int64(floor) }
        return Int64(product.rounded(.toNearestOrEven))
    }

    /// The double nearest to `microseconds / 1_000_000`.
    private static func nearestSeconds(_ microseconds: Int64) -> Double {
        let quotient = Double(microseconds) / 1_000_000
        // Up to 2^53 the numerator is exact and the division rounds once.
        if microseconds.magnitude <= 1 << 53 { return quotient }
        var best = quotient
        for candidate in [quotient.nextDown, quotient.nextUp]
        where distance(candidate, microseconds) < distance(best, microseconds) {
            best = candidate
        }
        return best
    }

    /// How far seconds lie from microseconds, in microseconds, rounded once.
    private static func distance(_ seconds: Double, _ microseconds: Int64) -> Double {
        let whole = seconds.rounded(.towardZero)
        let rest = Double(microseconds - Int64(whole) * microsecondsPerSecond)
        return abs(rest.addingProduct(whole - seconds, 1_000_000))
    }
}
