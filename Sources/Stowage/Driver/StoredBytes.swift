internal import FoundationEssentials

// For drivers whose engine keeps bytes under bytes: one encoding of rows and one of keys, so that none has to be invented.

extension Row {
    /// The row as a compact JSON object: its fields in schema order without the empty ones, then the unknown members.
    ///
    /// Every value round-trips to the bit (VAL-2 to VAL-7); what the schema does not know stands beside what it does, so
    /// that a later schema finds it (REC-9).
    public func bytes(of collection: CollectionSchema) -> [UInt8] {
        var bytes: [UInt8] = []
        for (field, value) in zip(collection.fields, values) where !value.isNull {
            bytes.append(UInt8(ascii: bytes.isEmpty ? "{" : ","))
            JSONWriter.append(field.name, to: &bytes)
            bytes.append(UInt8(ascii: ":"))
            FieldJSON.append(value, to: &bytes)
        }
        // The members without the braces of the object that they stand in.
        if let members = unknown?.utf8.dropFirst().dropLast(), !members.isEmpty {
            bytes.append(UInt8(ascii: bytes.isEmpty ? "{" : ","))
            bytes.append(contentsOf: members)
        }
        if bytes.isEmpty { bytes.append(UInt8(ascii: "{")) }
        bytes.append(UInt8(ascii: "}"))
        return bytes
    }

    /// Reads a row that ``bytes(of:)`` wrote.
    ///
    /// - Throws: `corrupt` naming the record, the field and the byte: no JSON object, a value of another type, a missing
    ///   required key (SCH-3), a key that stands twice (DUR-5).
    public init(bytes: UnsafeRawBufferPointer, of collection: CollectionSchema) throws {
        self = try bytes.withMemoryRebound(to: UInt8.self) { bytes in
            do {
                var scanner = JSONScanner(bytes)
                try scanner.begin()
                let row = try RowJSON.row(&scanner, of: collection)
                try scanner.finish()
                return row
            } catch let error as JSONSyntaxError {
                throw error.recordError.inCollection(collection.name)
            }
        }
    }
}

extension Key {
    /// The key as bytes: equal keys (VAL-1, VAL-4) have equal bytes, others have others.
    ///
    /// The bytes of a key begin with the bytes of each shorter key whose values it begins with, so
    /// `Key([.text("rows"), .text(name)])` is what the keys of a collection have in common. Up to the limit they are
    /// ordered as the values are, decimals excepted; a longer key ends in a hash, SHA-256, of the whole.
    ///
    /// - Parameter limit: The most bytes that the engine takes as a key, more than 64.
    public func bytes(atMost limit: Int = .max) -> [UInt8] {
        var bytes: [UInt8] = []
        for value in values { value.appendKeyBytes(to: &bytes) }
        // A whole key is shorter than the limit and a cut one is not: the two are never mistaken for one another.
        if bytes.count < limit { return bytes }
        var hash = SHA256()
        hash.update(bytes)
        let digest = hash.finalize()
        return bytes.prefix(limit - digest.count) + digest
    }
}

extension Value {
    /// Appends bytes that end themselves, so that no value's bytes run into the next one's.
    fileprivate func appendKeyBytes(to bytes: inout [UInt8]) {
        switch self {
        case .null: bytes.append(0)
        case .bool(let value): bytes += [1, value ? 1 : 0]
        case .int(let value): Self.append(2, UInt64(bitPattern: value) ^ 1 << 63, to: &bytes)
        case .double(let value):
            // -0.0 is 0.0 as a key. Negative numbers have all bits turned, so that the least comes first.
            let bits = (value == 0 ? 0 : value).bitPattern
            Self.append(3, bits >> 63 == 1 ? ~bits : bits | 1 << 63, to: &bytes)
        case .text(let value): Self.append(4, terminated: value.utf8, to: &bytes)
        case .data(let value): Self.append(5, terminated: value, to: &bytes)
        case .uuid(let value):
            bytes.append(6)
            withUnsafeBytes(of: value.uuid) { bytes.append(contentsOf: $0) }
        case .time(let value): Self.append(7, UInt64(bitPattern: value.microseconds) ^ 1 << 63, to: &bytes)
        case .decimal(let value): Self.append(8, terminated: value.canonicalText.utf8, to: &bytes)
        case .json(let value): Self.append(9, terminated: value.utf8, to: &bytes)
        }
    }

    private static func append(_ kind: UInt8, _ number: UInt64, to bytes: inout [UInt8]) {
        bytes.append(kind)
        withUnsafeBytes(of: number.bigEndian) { bytes.append(contentsOf: $0) }
    }

    /// Zero ends a run of bytes; a zero within it is followed by 255, so that the shorter run comes first.
    private static func append(_ kind: UInt8, terminated run: some Sequence<UInt8>, to bytes: inout [UInt8]) {
        bytes.append(kind)
        for byte in run {
            bytes.append(byte)
            if byte == 0 { bytes.append(255) }
        }
        bytes.append(0)
    }
}
