/// Numbers with their nouns, for messages to people: `1 record`, `3 records`.
package enum Counted {
    /// - Parameter plural: The noun's plural, when it is not made by an s.
    package static func text(_ count: Int, _ noun: String, plural: String? = nil) -> String {
        "\(count) \(count == 1 ? noun : plural ?? noun + "s")"
    }
}
