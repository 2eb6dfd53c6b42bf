internal import Stowage

/// What stands in a journal: one frame a group of commits, each a line with its length and its hash, and a JSON text of
/// that length that ends with a line feed.
///
/// ```
/// {"bytes":63,"hash":"1f0c…"}
/// {"frame":1,"format":1,"base":{"bytes":3541,"hash":"90b2…"}}
/// {"bytes":214,"hash":"77aa…"}
/// {"frame":2,"keys":{"sessions":{"session":"text"}},"changes":[
/// {"in":"sessions","put":{"session":"42","repoName":"app"}},
/// {"in":"sessions","remove":{"session":"41"}},
/// {"member":"baseDir","put":"/tmp"}
/// ]}
/// ```
///
/// A base frame says: all before this is in the file with that hash. The changes after it are not.
struct JournalText {
    /// The newest form of a journal.
    static let format = 1

    struct Frame {
        let number: Int
        let kind: Kind
    }
    enum Kind {
        /// All before this is in the file of this size and hash.
        case base(bytes: Int, hash: String)
        /// What a group of commits changed.
        case changes(Changes)
    }
    /// What a group of commits changed.
    struct Changes {
        /// The collections that it touches, each with nothing but the fields of its key.
        let keys: [CollectionSchema]
        let list: [Change]
    }
    /// One record or member, and where its new text stands; nil where it was removed.
    enum Change {
        case record(collection: String, put: Range<Int>)
        case removed(collection: String, key: Range<Int>)
        case member(String, put: Range<Int>?)
    }

    /// The bytes that were read.
    let bytes: [UInt8]
    private(set) var frames: [Frame] = []
    /// The place behind the last whole frame, among these bytes.
    private(set) var end = 0
    /// The last whole frame: where it stands in the journal, and its first line, which holds its hash.
    private(set) var last: (place: Int, head: [UInt8])?
    private let path: String
    /// The place in the journal at which the bytes begin.
    let offset: Int

    /// Reads frames. A last one that is not whole was never acknowledged, and is left out.
    ///
    /// - Parameters:
    ///   - bytes: The journal's bytes from a place on.
    ///   - offset: That place.
    ///   - number: The number of the frame before it; zero at the beginning.
    /// - Throws: `corrupt` that names the journal and the byte when whole frames follow damaged bytes, when the damage is
    ///   not one that a power cut does, and when a frame is missing; `schemaMismatch` for a newer form.
    init(_ bytes: [UInt8], path: String, from offset: Int = 0, after number: Int = 0) throws {
        self.bytes = bytes
        self.path = path
        self.offset = offset
        var number = number
        while end < bytes.count {
            guard let payload = Self.payload(of: bytes, at: end) else {
                guard isTorn(end) else { throw damaged(end, "the bytes are not what was written") }
                return
            }
            let frame = try parse(payload)
            guard frame.number == number + 1 else { throw damaged(end, "a frame is missing") }
            number = frame.number
            frames.append(frame)
            last = (offset + end, Array(bytes[end..<payload.lowerBound]))
            end = payload.upperBound
        }
    }

    /// Whether the bytes from a place on are what a power cut leaves of a frame that was being written: its beginning, or
    /// blocks that the disk has not written, which read as zeros. What follows a frame is written after it is safe.
    private func isTorn(_ place: Int) -> Bool {
        let rest = bytes[place...]
        let mark = Array(Self.mark.utf8)
        var next = rest.index(after: place)
        while let start = bytes[next...].firstIndex(of: mark[0]) {
            if bytes[start...].starts(with: mark), Self.payload(of: bytes, at: start) != nil { return false }
            next = start + 1
        }
        if rest.contains(0) { return true }
        if let head = Self.head(of: bytes, at: place) { return head.payload.upperBound > bytes.count }
        return !rest.contains(UInt8(ascii: "\n")) && (rest.starts(with: mark) || mark.starts(with: rest))
            && rest.count < mark.count + 64
    }

    private func damaged(_ place: Int, _ what: String) -> StorageError {
        StorageError(
            .corrupt,
            "the journal is damaged: \(what)",
            advice:
                "Nothing was touched. Restore a backup of the file and its journal, or move the journal away to go on "
                + "without what stands in it alone"
        ).at(.init(path: path, byteOffset: offset + place))
    }

    // MARK: Frames

    private static let mark = #"{"bytes":"#

    /// A frame of a text, which must end with a line feed.
    static func frame(_ payload: [UInt8]) -> [UInt8] {
        Array("\(mark)\(payload.count),\"hash\":\"\(XXHash64.hash(payload).hexadecimal)\"}\n".utf8) + payload
    }

    /// The head of a frame: where its text stands, and the hash that it should have.
    private static func head(of bytes: [UInt8], at start: Int) -> (payload: Range<Int>, hash: ArraySlice<UInt8>)? {
        guard bytes[start...].starts(with: mark.utf8) else { return nil }
        var place = start + mark.utf8.count
        var count = 0
        while place < bytes.count, 0x30...0x39 ~= bytes[place], count < 1 << 50 {
            count = count * 10 + Int(bytes[place] - 0x30)
            place += 1
        }
        let middle = #","hash":""#
        let ending = "\"}\n"
        guard count > 0, bytes[place...].starts(with: middle.utf8) else { return nil }
        let hash = place + middle.utf8.count
        guard hash + 16 <= bytes.count, bytes[(hash + 16)...].starts(with: ending.utf8) else { return nil }
        let payload = hash + 16 + ending.utf8.count
        return (payload..<payload + count, bytes[hash..<hash + 16])
    }

    /// Where the text of a whole frame stands.
    private static func payload(of bytes: [UInt8], at start: Int) -> Range<Int>? {
        guard let (payload, hash) = head(of: bytes, at: start), payload.upperBound <= bytes.count,
            XXHash64.hash(bytes[payload]).hexadecimal.utf8.elementsEqual(hash)
        else { return nil }
        return payload
    }

    // MARK: Texts

    /// The text of a base frame.
    static func base(_ number: Int, bytes: Int, hash: String) -> [UInt8] {
        Array(
            "{\"frame\":\(number),\"format\":\(format),\"base\":{\"bytes\":\(bytes),\"hash\":\"\(hash)\"}}\n".utf8
        )
    }

    /// Reads a frame's text. Its hash is right, so what cannot be read is of another form.
    private func parse(_ payload: Range<Int>) throws -> Frame {
        do {
            return try bytes.withUnsafeBufferPointer { buffer in
                var scanner = JSONScanner(buffer)
                scanner.move(to: payload.lowerBound)
                return try Self.frame(&scanner)
            }
        } catch let error as StorageError where error.code == .schemaMismatch {
            throw error.at(.init(path: path, byteOffset: offset + payload.lowerBound))
        } catch {
            throw damaged(payload.lowerBound, "a frame cannot be read").causedBy(error)
        }
    }

    private struct Unreadable: Error {}

    private static func frame(_ scanner: inout JSONScanner) throws -> Frame {
        var number: Int64?
        var base: Kind?
        var keys: [CollectionSchema] = []
        var list: [Change]?
        var object = try scanner.beginObject()
        while let token = try scanner.nextKey(of: &object) {
            switch scanner.text(of: token) {
            case "frame": number = scanner.int64(at: try scanner.scanNumber())
            case "format":
                guard let form = scanner.int64(at: try scanner.scanNumber()), form <= format else {
                    throw StorageError(
                        .schemaMismatch,
                        "the journal is of a newer form",
                        advice: "Use the newer version of the program"
                    )
                }
            case "base": base = try self.base(&scanner)
            case "keys": keys = try self.keys(&scanner)
            case "changes":
                var changes: [Change] = []
                var array = try scanner.beginArray()
                while try scanner.nextElement(of: &array) { changes.append(try change(&scanner)) }
                list = changes
            default: throw Unreadable()
            }
        }
        guard let number else { throw Unreadable() }
        if let base { return Frame(number: Int(number), kind: base) }
        guard let list else { throw Unreadable() }
        return Frame(number: Int(number), kind: .changes(Changes(keys: keys, list: list)))
    }

    private static func base(_ scanner: inout JSONScanner) throws -> Kind {
        var bytes: Int64?
        var hash: String?
        var object = try scanner.beginObject()
        while let token = try scanner.nextKey(of: &object) {
            switch scanner.text(of: token) {
            case "bytes": bytes = scanner.int64(at: try scanner.scanNumber())
            case "hash": hash = scanner.text(of: try scanner.scanString())
            default: throw Unreadable()
            }
        }
        guard let bytes, let hash else { throw Unreadable() }
        return .base(bytes: Int(bytes), hash: hash)
    }

    private static func keys(_ scanner: inout JSONScanner) throws -> [CollectionSchema] {
        var collections: [CollectionSchema] = []
        var object = try scanner.beginObject()
        while let token = try scanner.nextKey(of: &object) {
            let name = scanner.text(of: token)
            var fields: [FieldSchema] = []
            var types = try scanner.beginObject()
            while let token = try scanner.nextKey(of: &types) {
                let field = scanner.text(of: token)
                guard let type = FieldType(rawValue: scanner.text(of: try scanner.scanString())) else {
                    throw Unreadable()
                }
                fields.append(FieldSchema(name: field, type: type, isOptional: false))
            }
            collections.append(
                CollectionSchema(name: name, fields: fields, key: Array(fields.indices), indexes: [])
            )
        }
        return collections
    }

    private static func change(_ scanner: inout JSONScanner) throws -> Change {
        var collection: String?
        var member: String?
        var put: Range<Int>?
        var removed: Range<Int>?
        var object = try scanner.beginObject()
        while let token = try scanner.nextKey(of: &object) {
            switch scanner.text(of: token) {
            case "in": collection = scanner.text(of: try scanner.scanString())
            case "member": member = scanner.text(of: try scanner.scanString())
            case "put": put = try scanner.skipValue()
            case "remove": removed = try scanner.skipValue()
            default: throw Unreadable()
            }
        }
        switch (collection, member, put, removed) {
        case (let name?, nil, let put?, nil): return .record(collection: name, put: put)
        case (let name?, nil, nil, let key?): return .removed(collection: name, key: key)
        case (nil, let name?, let put?, nil): return .member(name, put: put)
        case (nil, let name?, nil, _?): return .member(name, put: nil)
        default: throw Unreadable()
        }
    }
}
