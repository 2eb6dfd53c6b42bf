package import Stowage

/// Moments as RFC 3339 text in UTC with six digits: `2024-04-29T15:23:00.000000Z`, whose text order is their order.
///
/// The only place of the SQL adapters that knows the form.
package enum SQLTime {
    /// The text of a moment.
    package static func text(of time: Timestamp) -> String { time.description }

    /// The moment of a text in exactly this form; nil for any other, since another form would sort elsewhere.
    package static func time(_ text: UnsafeBufferPointer<UInt8>) -> Timestamp? {
        Timestamp.microseconds(canonical: text).map { Timestamp(uncheckedMicroseconds: $0) }
    }
}
