internal import FoundationEssentials
internal import Stowage

/// A value that can be written as Swift.
protocol SwiftLiteral: SendableMetatype {
    var swiftLiteral: String { get }
}

extension Bool: SwiftLiteral { var swiftLiteral: String { description } }
extension Int: SwiftLiteral { var swiftLiteral: String { description } }
extension Int64: SwiftLiteral { var swiftLiteral: String { description } }

extension Double: SwiftLiteral {
    var swiftLiteral: String {
        // The compiler warns of subnormal literals.
        isSubnormal || !isFinite ? "Double(bitPattern: \(bitPattern))" : description
    }
}

extension String: SwiftLiteral {
    /// Everything but printable ASCII is escaped: two texts that look alike must not read alike.
    var swiftLiteral: String {
        var text = "\""
        for scalar in unicodeScalars {
            switch scalar {
            case "\"", "\\": text += "\\" + String(scalar)
            case " "..."~": text.unicodeScalars.append(scalar)
            default: text += "\\u{" + String(scalar.value, radix: 16) + "}"
            }
        }
        return text + "\""
    }
}

extension Data: SwiftLiteral { var swiftLiteral: String { "Specimen.bytes(\(Array(self)))" } }
extension UUID: SwiftLiteral {
    var swiftLiteral: String { withUnsafeBytes(of: uuid) { "Specimen.uuid(\(Array($0)))" } }
}
extension Date: SwiftLiteral { var swiftLiteral: String { "Specimen.date(\(timeIntervalSince1970))" } }
extension Timestamp: SwiftLiteral { var swiftLiteral: String { "Specimen.moment(\(microseconds))" } }
extension Decimal: SwiftLiteral { var swiftLiteral: String { "Specimen.decimal(\"\(description)\")" } }
extension Specimen.Mood: SwiftLiteral { var swiftLiteral: String { "Specimen.Mood.\(self)" } }

extension Specimen.Spot: SwiftLiteral {
    var swiftLiteral: String {
        "Specimen.Spot(x: \(x.swiftLiteral), y: \(y.swiftLiteral), name: \(name.swiftLiteral))"
    }
}

extension Optional: SwiftLiteral where Wrapped: SwiftLiteral {
    var swiftLiteral: String { map(\.swiftLiteral) ?? "nil" }
}
extension Array: SwiftLiteral where Element: SwiftLiteral {
    var swiftLiteral: String { "[" + map(\.swiftLiteral).joined(separator: ", ") + "]" }
}

extension Specimen: SwiftLiteral {
    /// The record with the properties that are not empty.
    var swiftLiteral: String {
        let set = SpecimenProperty.all.filter { $0.isSet(self) }.map { "\($0.name): \($0.literal(self))" }
        return "Specimen(" + (["id: \(id.swiftLiteral)"] + set).joined(separator: ", ") + ")"
    }
}

extension SpecimenState: SwiftLiteral {
    var swiftLiteral: String {
        "SpecimenState(specimens: \(specimens.swiftLiteral), baseDir: \(baseDir.swiftLiteral), "
            + "generation: \(generation.swiftLiteral))"
    }
}
