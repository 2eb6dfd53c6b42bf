public import FoundationEssentials
public struct Timestamp: Sendable, Hashable, Comparable, Codable { public var microseconds: Int64; public init(microseconds: Int64) { self.microseconds = microseconds}
 public init(_ d: Date) throws { microseconds = 0 }; public var date: Date { Date() } 
 public static func < (l: Self, r: Self) -> Bool { l.microseconds < r.microseconds } }
