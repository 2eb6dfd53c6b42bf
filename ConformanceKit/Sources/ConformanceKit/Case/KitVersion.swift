/// A version of the kit: `1.4.0`.
public struct KitVersion: Sendable, Hashable, Codable, CustomStringConvertible {
    /// Grows when adapters that conformed may no longer.
    public var major: Int
    /// Grows with new cases. Those are provisional in the version that brings them.
    public var minor: Int
    /// Grows with repairs.
    public var patch: Int

    /// Makes a version.
    public init(_ major: Int, _ minor: Int, _ patch: Int = 0) {
        self.major = major
        self.minor = minor
        self.patch = patch
    }

    /// `1.4.0`.
    public var description: String { "\(major).\(minor).\(patch)" }
}
