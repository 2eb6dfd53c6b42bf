extension RowJSON {
    /// Checks the object that stands at the scanner as ``row(_:of:id:extent:)`` does, without making anything of it.
    ///
    /// Opening a file spends its time here, so the bytes are gone through in place.
    ///
    /// - Returns: Where the text of the record's id stands, without its quotes. Nil for a record that wants a closer look,
    ///   with the scanner where it was: one that is damaged, holds members that the schema does not name, escapes its
    ///   keys, or is identified by anything but one text.
    package static func identity(_ scanner: inout JSONScanner, of collection: CollectionSchema) -> Range<Int>? {
        let layout = collection.layout
        guard layout.hasPlainIdentity, let key = collection.key.first else { return nil }
        let (start, depth, keys) = (scanner.position, scanner.depth, scanner.openKeys.count)
        let roundsTime = scanner.roundsTime
        if let range = plainIdentity(&scanner, layout, key) { return range }
        scanner.position = start
        scanner.depth = depth
        scanner.openKeys.removeSubrange(keys...)
        scanner.roundsTime = roundsTime
        return nil
    }

    private static func plainIdentity(_ scanner: inout JSONScanner, _ layout: RowLayout, _ key: Int) -> Range<Int>? {
        guard scanner.nextByte == UInt8(ascii: "{"), scanner.depth < JSONScanner.maximumDepth else { return nil }
        let bytes = scanner.bytes
        var identity: Range<Int>?
        var (seen, held): (UInt64, UInt64) = (0, 0)
        var next = 0
        // Nested values count the record as open.
        scanner.depth &+= 1
        scanner.position &+= 1
        scanner.skipWhitespace()
        while true {
            guard scanner.nextByte == UInt8(ascii: "\"") else { return nil }
            let name = scanner.position &+ 1
            let quote = bytes.endOfPlainASCII(from: name)
            guard quote &+ 1 < bytes.count, bytes[quote] == UInt8(ascii: "\""), bytes[quote &+ 1] == UInt8(ascii: ":"),
                let field = layout.position(ofUTF8: UnsafeBufferPointer(rebasing: bytes[name..<quote]), guess: next),
                seen & (1 << UInt64(field)) == 0
            else { return nil }
            seen |= 1 << UInt64(field)
            next = field &+ 1
            scanner.position = quote &+ 2
            scanner.skipWhitespace()
            let value = scanner.position
            guard let isNull = try? FieldJSON.check(&scanner, as: layout.types[field]) else { return nil }
            if !isNull { held |= 1 << UInt64(field) }
            if field == key, !isNull {
                let text = value &+ 1..<scanner.position &- 1
                if bytes[text].contains(UInt8(ascii: "\\")) { return nil }
                identity = text
            }
            scanner.skipWhitespace()
            guard let mark = scanner.nextByte else { return nil }
            scanner.position &+= 1
            if mark == UInt8(ascii: "}") { break }
            guard mark == UInt8(ascii: ",") else { return nil }
            scanner.skipWhitespace()
        }
        scanner.depth &-= 1
        return held & layout.required == layout.required ? identity : nil
    }
}
