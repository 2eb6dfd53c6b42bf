/// Which names a schema may use (QRY-7): those that every engine keeps apart as they are written.
enum SchemaNames {
    /// The longest name that Postgres does not cut, in bytes.
    static let maximumBytes = 63
    private static let systemColumns = ["tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"]

    static func refusal(_ message: String) -> StorageError {
        StorageError(.configuration, message, advice: "Change the schema; nothing was opened or written")
    }

    static func check(collection name: String) throws {
        try check(name, what: "the collection \(name)")
        if folded(name).hasPrefix("sqlite_") {
            throw refusal("the collection \(name) begins with sqlite_, which SQLite reserves")
        }
    }

    static func check(fields names: [String], of collection: String) throws {
        var seen: [ByteText: String] = [:]
        for name in names {
            try check(name, what: "the field \(StorageError.quoted(name)) of \(collection)")
            if systemColumns.contains(folded(name)) {
                throw refusal("the field \(name) of \(collection) has the name of a Postgres system column")
            }
            if let other = seen.updateValue(name, forKey: ByteText(folded(name))) {
                throw refusal(
                    "the fields \(other) and \(name) of \(collection) differ only in ASCII case, or not at all"
                )
            }
        }
    }

    private static func check(_ name: String, what: @autoclosure () -> String) throws {
        if name.isEmpty { throw refusal("\(what()) has an empty name") }
        if name.utf8.contains(0) { throw refusal("\(what()) has U+0000 in its name") }
        if name.utf8.count > maximumBytes {
            throw refusal("\(what()) has a name of \(name.utf8.count) bytes; at most \(maximumBytes) are kept")
        }
        if folded(name).hasPrefix("_stowage") { throw refusal("\(what()) begins with _stowage, which is reserved") }
    }

    /// The name with ASCII letters in lower case and nothing else changed.
    private static func folded(_ name: String) -> String {
        guard name.utf8.contains(where: { 0x41...0x5a ~= $0 }) else { return name }
        return String(decoding: name.utf8.map { 0x41...0x5a ~= $0 ? $0 + 0x20 : $0 }, as: UTF8.self)
    }

    /// The name of an index, cut and marked with a hash of the whole when it would be too long.
    static func fitting(_ name: String) -> String {
        guard name.utf8.count > maximumBytes else { return name }
        // FNV-1a: short and stable across runs, which Swift's own hash is not.
        let hash = name.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        var head = Substring(name)
        while head.utf8.count > maximumBytes - 17 { head.unicodeScalars.removeLast() }
        return head + "_" + String(hash, radix: 16)
    }
}
