/// A whole store as a JSON document, in any of the four shapes found in the field:
///
/// 1. `[record, …]`
/// 2. `{"sessions": [record, …], "baseDir": …, …}`, the shape that is written
/// 3. `{"timestamp": …, "version": …, "data": {"sessions": […], "baseDir": …}}`, a backup's envelope
/// 4. `{"id": record, …}`
///
/// It only finds where things stand; ``RowJSON`` reads the records.
package struct StoreDocument: Sendable {
    /// Which of the four shapes it has.
    package enum Shape: Sendable, Hashable {
        case array, object, envelope, map
    }

    /// A top-level member of the shape that is written.
    package enum Member: Sendable {
        /// A collection and the places of its records. The map shape also gives each record's id.
        case collection(name: String, records: [Range<Int>], ids: [String]? = nil)
        /// Anything else, and the place of its value: the state's own fields, `_stowage`, foreign keys.
        case other(key: String, value: Range<Int>)
    }

    /// The shape found.
    package let shape: Shape
    /// The members, in the order found. Those of an envelope are those of its `data`.
    package let members: [Member]

    /// Members whose values are damaged, records apart; only a loose reading has any.
    package let damages: [(key: String, error: JSONSyntaxError)]
    /// Where a loose reading ended before the document did: what follows cannot be told apart.
    package let torn: JSONSyntaxError?

    /// Finds the parts of a document, validating all of it.
    ///
    /// - Parameters:
    ///   - bytes: The document.
    ///   - collections: The names of the arrays that hold records. In the shapes that name none, the records belong to
    ///     the first.
    ///   - isLoose: Whether to go on behind damage. The records that hold it are among the members like the others.
    /// - Throws: ``StorageError`` with code `corrupt` and the byte: no JSON, a key that stands twice, or a document
    ///   that is none of the four shapes.
    package init(_ bytes: UnsafeBufferPointer<UInt8>, collections: [String], isLoose: Bool = false) throws {
        var scanner = JSONScanner(bytes)
        var walk = Walk(isLoose: isLoose)
        do {
            try scanner.begin()
            switch scanner.nextByte {
            case UInt8(ascii: "["):
                shape = .array
                members = [.collection(name: collections.first ?? "", records: try walk.elements(&scanner))]
            case UInt8(ascii: "{"):
                (shape, members) = try Self.object(&scanner, collections, &walk)
            default:
                // What is no JSON at all is told as such.
                _ = try scanner.skipValue()
                throw Self.foreign
            }
            try walk.finish(&scanner)
        } catch let error as JSONSyntaxError {
            throw error.recordError
        }
        damages = walk.damages
        torn = walk.torn
    }

    /// How a document is gone through: strictly, or past what is damaged.
    private struct Walk {
        let isLoose: Bool
        var damages: [(key: String, error: JSONSyntaxError)] = []
        var torn: JSONSyntaxError?

        init(isLoose: Bool) { self.isLoose = isLoose }

        /// The places of an array's elements.
        mutating func elements(_ scanner: inout JSONScanner) throws(JSONSyntaxError) -> [Range<Int>] {
            var result: [Range<Int>] = []
            do {
                var array = try scanner.beginArray()
                while try scanner.nextElement(of: &array) {
                    result.append(isLoose ? try scanner.skipAnyValue().0 : try scanner.skipValue())
                }
            } catch {
                guard isLoose else { throw error }
                torn = error
            }
            return result
        }

        /// The next key of an object; nil at its end, and where nothing more can be told.
        mutating func key(
            of object: inout JSONScanner.OpenObject,
            _ scanner: inout JSONScanner
        ) throws(JSONSyntaxError) -> String? {
            if torn != nil { return nil }
            do {
                return try scanner.nextKey(of: &object).map { scanner.text(of: $0) }
            } catch {
                guard isLoose else { throw error }
                // Behind a key that stands twice there is a value as behind any other.
                guard let key = error.duplicateKey, scanner.passColon() else {
                    torn = error
                    return nil
                }
                damages.append((key, error))
                return key
            }
        }

        /// The place of a member's value; nil where nothing more can be told.
        mutating func value(
            of key: String,
            _ scanner: inout JSONScanner
        ) throws(JSONSyntaxError) -> Range<Int>? {
            guard isLoose else { return try scanner.skipValue() }
            do {
                let (range, error) = try scanner.skipAnyValue()
                if let error { damages.append((key, error)) }
                return range
            } catch {
                torn = error
                return nil
            }
        }

        /// Makes sure that nothing follows the document.
        mutating func finish(_ scanner: inout JSONScanner) throws(JSONSyntaxError) {
            if torn != nil { return }
            do { try scanner.finish() } catch {
                guard isLoose else { throw error }
                torn = error
            }
        }
    }

    /// A document of the shape that is written, whose members somebody else has found.
    package init(members: [Member]) {
        shape = .object
        self.members = members
        damages = []
        torn = nil
    }

    private static var foreign: StorageError {
        StorageError(
            .corrupt,
            "the document is JSON, but not a store of this kind",
            advice: "Name another file, or import this one's records in one of the four known shapes"
        ).at(.init(byteOffset: 0))
    }

    private static func object(
        _ scanner: inout JSONScanner,
        _ collections: [String],
        _ walk: inout Walk
    ) throws -> (Shape, [Member]) {
        var members: [Member] = []
        var (isOurs, isReserved) = (false, false)
        var data: Range<Int>?
        var object = try scanner.beginObject()
        while let key = try walk.key(of: &object, &scanner) {
            let isCollection = collections.contains { TextOrder.equal($0, key) }
            if isCollection {
                guard scanner.nextByte == UInt8(ascii: "[") else {
                    throw StorageError(.corrupt, "the records under \(StorageError.quoted(key)) are not an array")
                        .at(.init(byteOffset: scanner.position))
                }
                members.append(.collection(name: key, records: try walk.elements(&scanner)))
                isOurs = true
                continue
            }
            let first = scanner.nextByte
            guard let range = try walk.value(of: key, &scanner) else { break }
            if key == "_stowage" { isReserved = true }
            if key == "data", first == UInt8(ascii: "{") { data = range }
            members.append(.other(key: key, value: range))
        }
        if isOurs || members.isEmpty { return (.object, members) }
        if let data, let inner = try envelope(data, scanner.bytes, collections, &walk) { return (.envelope, inner) }
        if let map = map(members, scanner.bytes, collections) {
            // The members are the records, which say themselves what is wrong with them.
            walk.damages = []
            return (.map, map)
        }
        if let torn = walk.torn { throw torn }
        // Ours, with other collections than these. The book-keeping alone does not say so: a map or an envelope that
        // happens to have it must not be read as an empty store (STA-2).
        if isReserved { return (.object, members) }
        throw foreign
    }

    /// The members of an envelope's data, when it holds a collection.
    private static func envelope(
        _ data: Range<Int>,
        _ bytes: UnsafeBufferPointer<UInt8>,
        _ collections: [String],
        _ walk: inout Walk
    ) throws -> [Member]? {
        // The scanner stops at the end of what it is given, so that offsets stay those of the whole document.
        var scanner = JSONScanner(UnsafeBufferPointer(rebasing: bytes[..<data.upperBound]))
        scanner.move(to: data.lowerBound)
        var inner = Walk(isLoose: walk.isLoose)
        guard let (shape, members) = try? object(&scanner, collections, &inner), shape == .object, !members.isEmpty
        else {
            return nil
        }
        walk.damages = inner.damages + walk.damages.filter { $0.key != "data" }
        walk.torn = walk.torn ?? inner.torn
        return members
    }

    /// The records of a map from id to record: every value is an object.
    private static func map(
        _ members: [Member],
        _ bytes: UnsafeBufferPointer<UInt8>,
        _ collections: [String]
    ) -> [Member]? {
        var records: [Range<Int>] = []
        var ids: [String] = []
        for member in members {
            if case .other("_stowage", _) = member { continue }
            guard case .other(let key, let range) = member, bytes[range.lowerBound] == UInt8(ascii: "{") else {
                return nil
            }
            records.append(range)
            ids.append(key)
        }
        if records.isEmpty { return nil }
        return [.collection(name: collections.first ?? "", records: records, ids: ids)]
    }
}

extension StoreDocument {
    /// The newest form of a store's file that this version knows.
    package static let newestForm: Int64 = 1

    /// Checks the form that a file says it has, under `format` of its book-keeping; a file that says none has the first.
    ///
    /// - Throws: `schemaMismatch` for a newer one, `corrupt` for what is no form.
    package static func checkForm(_ format: JSON?) throws {
        guard let format else { return }
        guard let number = format.number else {
            throw StorageError(.corrupt, "the form of the file under _stowage is not a number")
        }
        guard let form = number.int64, form <= newestForm else {
            throw StorageError(
                .schemaMismatch,
                "the file was written by a newer version, in form \(number.text)",
                advice: "Use that version; the file was not touched"
            )
        }
    }
}
