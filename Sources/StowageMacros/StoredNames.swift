#if Macros
/// Which names every engine keeps apart (QRY-7): the core's rule, told by the compiler.
enum StoredNames {
    private static let systemColumns = ["tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"]

    /// What is wrong with a collection's name; nil when nothing is.
    static func problem(withCollection name: String) -> String? {
        folded(name).hasPrefix("sqlite_") ? "begins with sqlite_, which SQLite reserves" : problem(with: name)
    }

    /// What is wrong with a field's name; nil when nothing is.
    static func problem(withField name: String) -> String? {
        systemColumns.contains(folded(name)) ? "is the name of a Postgres system column" : problem(with: name)
    }

    private static func problem(with name: String) -> String? {
        if name.isEmpty { return "is empty" }
        if name.utf8.contains(0) { return "has U+0000 in it" }
        if name.utf8.count > 63 { return "has \(name.utf8.count) bytes; at most 63 are kept" }
        return folded(name).hasPrefix("_stowage") ? "begins with _stowage, which is reserved" : nil
    }

    /// The name with ASCII letters in lower case and nothing else changed.
    static func folded(_ name: String) -> String {
        String(decoding: name.utf8.map { 0x41...0x5a ~= $0 ? $0 + 0x20 : $0 }, as: UTF8.self)
    }
}
#endif
