/// Rows of text in aligned columns, for people.
///
/// Widths are counted in terminal cells: wide East Asian characters and emoji take two, combining marks none. Control
/// characters are shown as escapes, so that no stored text can drive a terminal.
public struct TextTable {
    private var rows: [[String]] = []
    private let hasHeader: Bool

    /// A table under a header; none for an empty list.
    public init(_ header: [String]) {
        hasHeader = !header.isEmpty
        if hasHeader { rows.append(header.map { $0.uppercased() }) }
    }

    /// Adds a row.
    public mutating func add(_ row: [String]) { rows.append(row.map(Self.printable)) }

    /// The lines, without a line break at the end.
    public var text: String {
        let columns = rows.map(\.count).max() ?? 0
        let widths = (0..<columns).map { column in
            rows.map { column < $0.count ? Self.width($0[column]) : 0 }.max() ?? 0
        }
        return rows.map { row in
            row.indices.map { column in
                // The last column is not padded: no line ends in spaces.
                guard column < row.count - 1 else { return row[column] }
                return row[column] + String(repeating: " ", count: widths[column] - Self.width(row[column]) + 2)
            }.joined()
        }.joined(separator: "\n")
    }

    /// The text on one line, its control and formatting characters as escapes.
    public static func printable(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse:
                result += scalar.escaped(asASCII: true)
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// How many cells a terminal gives a text.
    static func width(_ text: String) -> Int {
        text.reduce(0) { total, character in
            let scalar = character.unicodeScalars.first
            switch scalar?.properties.generalCategory {
            case .nonspacingMark, .enclosingMark, .control: return total
            default: return total + (scalar.map(isWide) == true ? 2 : 1)
            }
        }
    }

    /// Whether a scalar is wide or full-width (Unicode Standard Annex 11, by its large blocks).
    private static func isWide(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x1100...0x115f, 0x2e80...0x303e, 0x3041...0xa4cf, 0xa960...0xa97f, 0xac00...0xd7a3, 0xf900...0xfaff,
            0xfe30...0xfe6f, 0xff00...0xff60, 0xffe0...0xffe6, 0x1f300...0x1f64f, 0x1f680...0x1f6ff,
            0x1f900...0x1f9ff, 0x20000...0x3fffd:
            true
        default: false
        }
    }
}
