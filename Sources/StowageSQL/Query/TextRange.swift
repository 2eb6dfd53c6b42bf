/// The texts that begin with a prefix, as a range of byte order, which an ordinary index answers.
enum TextRange {
    /// The first text after all that begin with the prefix; nil when there is none.
    ///
    /// The last scalar that has a successor is raised; UTF-8's byte order is the order of scalars.
    static func end(ofPrefix prefix: String) -> String? {
        var scalars = Array(prefix.unicodeScalars)
        while let last = scalars.popLast() {
            // The surrogates are no scalars and never stand in text.
            let next = last.value == 0xd7ff ? 0xe000 : last.value + 1
            guard let scalar = Unicode.Scalar(next) else { continue }
            scalars.append(scalar)
            var end = String.UnicodeScalarView()
            end.append(contentsOf: scalars)
            return String(end)
        }
        return nil
    }
}

/// Joins conditions so that thousands of them stay shallow: SQLite refuses expressions over 1,000 levels deep.
enum Conditions {
    static func joined(_ parts: ArraySlice<String>, by connective: String) -> String {
        guard parts.count > 16 else { return "(" + parts.joined(separator: " \(connective) ") + ")" }
        let middle = parts.startIndex + parts.count / 2
        let left = joined(parts[..<middle], by: connective)
        let right = joined(parts[middle...], by: connective)
        return "(\(left) \(connective) \(right))"
    }
}
