internal import Stowage

/// A JSON file and the journal beside it: what both hold together, and how a write goes into either.
///
/// A journal is bound to its file by the file's hash, which its base frames name. To fold it, the hash of the new file is
/// noted in the journal first, then the file is replaced, then the journal removed: after a crash anywhere between, the
/// hash tells whether the changes are in the file already. A file of another hash was changed by somebody who does not know
/// of the journal, and is refused.
///
/// Those who write hold the lock between processes. Those who read hold nothing: they open the journal first, then the
/// file. If there is no journal, the file as it is afterwards was once all there was; if there is one, either it has the
/// file's hash, or both were replaced in between, which shows when they are looked at again.
enum JournaledFile {
    /// The journal's name.
    static func journal(of path: String) -> String { path + ".journal" }

    /// A journal as it was last looked at.
    struct Journal: Sendable {
        /// Kept open: its inode cannot be given to another journal.
        let handle: FileSystem.Handle
        let identity: FileSystem.Identity
        /// The place behind its last whole frame.
        let end: Int
        /// The number of that frame; zero when there is none.
        let number: Int
        /// Where that frame stands, and its first line, which holds its hash.
        let last: (place: Int, head: [UInt8])?
        /// Whether a base frame names the file as it is.
        let isBound: Bool
        /// How many frames of changes are not in the file.
        let changeCount: Int
        /// Whether its name is known to be safe from a power cut.
        var isNameSafe = false
    }

    /// The file with its journal over it. Blocks its thread.
    ///
    /// - Parameter known: A version that was read before: when only the journal has grown, only that is read.
    static func load(
        _ path: String,
        _ collections: [CollectionSchema],
        _ schema: JSONSchema?,
        over known: JSONFileDriver.Loaded? = nil
    ) throws -> JSONFileDriver.Loaded {
        try consistent(path) { journal, file in
            let identity = try file.status(path).identity
            if let journal, let known, known.identity == identity,
                let loaded = try advance(known, journal, path)
            {
                return loaded
            }
            let bytes = try FileSystem.read(file, path)
            guard let journal else {
                let content = try StoreContent(bytes, path: path, collections: collections, schema: schema)
                return .init(content: content, identity: identity, handle: file, journal: nil)
            }
            let found = try pending(journal, over: bytes, path)
            var content: StoreContent
            let changes = found.changes
            if StoreContent(collections: collections).knows(changes.flatMap(\.keys)) {
                content = try StoreContent(bytes, path: path, collections: collections, schema: schema)
                for change in changes { try apply(change, of: found.text, to: &content, path) }
            } else {
                // Changes of collections that nobody here knows, or knows by another key.
                let folded = try fold(changes, of: found.text, into: bytes, path)
                content = try StoreContent(folded, path: path, collections: collections, schema: schema)
                content.isAsWritten = false
            }
            return .init(content: content, identity: identity, handle: file, journal: found.journal)
        }
    }

    /// Whether a version is what the file and its journal hold.
    static func isCurrent(_ version: JSONFileDriver.Loaded, _ path: String) throws -> Bool {
        try version.journal?.identity == FileSystem.status(journal(of: path))?.identity
            && version.identity == FileSystem.status(path)?.identity
    }

    /// The bytes that the file would have if its journal were folded into it; nil when there is no file. Blocks its thread.
    static func bytes(_ path: String) throws -> [UInt8]? {
        guard let status = try FileSystem.status(path) else { return nil }
        try JSONFileDriver.requireOrdinary(status, path)
        return try consistent(path) { journal, file in
            let bytes = try FileSystem.read(file, path)
            guard let journal else { return bytes }
            let found = try pending(journal, over: bytes, path)
            return try found.changes.isEmpty ? bytes : fold(found.changes, of: found.text, into: bytes, path)
        }
    }

    /// Opens both in the order that makes them belong together, again if they were replaced in between.
    private static func consistent<Result>(
        _ path: String,
        _ body: (_ journal: FileSystem.Handle?, _ file: FileSystem.Handle) throws -> Result
    ) throws -> Result {
        let name = journal(of: path)
        while true {
            let journal = try open(name)
            let before = try journal?.status(name).identity
            let file = try FileSystem.openForReading(path)
            try JSONFileDriver.requireOrdinary(file.status(path), path)
            do {
                return try body(journal, file)
            } catch let error as StorageError where error.code == .corrupt {
                // A writer that puts a frame in the place of a torn one shows a mixture of both.
                if try FileSystem.status(name)?.identity == before { throw error }
            } catch let stranger as Stranger {
                let isSame = try FileSystem.status(name)?.identity.isSameFile(as: journal?.status(name).identity)
                if isSame == true, try FileSystem.status(path)?.identity == file.status(path).identity {
                    throw stranger.error
                }
            }
        }
    }

    /// Opens a journal, if there is one. To open a pipe would wait for whoever writes to it.
    static func open(_ name: String, _ flags: Int32 = FileSystem.readOnly) throws -> FileSystem.Handle? {
        guard let status = try FileSystem.status(name) else { return nil }
        try JSONFileDriver.requireOrdinary(status, name)
        return try FileSystem.openIfPresent(name, flags)
    }

    /// The journal does not go with the file.
    private struct Stranger: Error {
        let error: StorageError
    }

    /// The frames of changes that are not in a file of these bytes.
    private static func pending(
        _ handle: FileSystem.Handle,
        over bytes: [UInt8],
        _ path: String
    ) throws -> (journal: Journal, text: JournalText, changes: [JournalText.Changes]) {
        let name = journal(of: path)
        let identity = try handle.status(name).identity
        let text = try JournalText(FileSystem.read(handle, name), path: name)
        var hash: String?
        let base = text.frames.lastIndex { frame in
            guard case .base(bytes.count, let named) = frame.kind else { return false }
            let actual = hash ?? XXHash64.hash(bytes).hexadecimal
            hash = actual
            return named == actual
        }
        let changes = text.frames[(base ?? 0)...].compactMap { frame in
            if case .changes(let changes) = frame.kind { changes } else { nil }
        }
        guard base != nil || changes.isEmpty else {
            throw Stranger(error: stranger(path, changes.count))
        }
        let journal = Journal(
            handle: handle,
            identity: identity,
            end: text.end,
            number: text.frames.last?.number ?? 0,
            last: text.last,
            isBound: base != nil,
            changeCount: changes.count
        )
        return (journal, text, changes)
    }

    private static func stranger(_ path: String, _ count: Int) -> StorageError {
        StorageError(
            .corrupt,
            "the file is not the one that its journal, with \(Counted.text(count, "group")) of changes, was written for",
            advice:
                "Put the file back as it was, or move \(StorageError.quoted(journal(of: path))) away to go on without "
                + "those changes; nothing was touched"
        ).at(.init(path: path))
    }

    /// Reads what a journal has more than it had; nil when all must be read anew: also when a frame that was known is
    /// another now, since a writer cut off what it could not make safe.
    private static func advance(
        _ known: JSONFileDriver.Loaded,
        _ handle: FileSystem.Handle,
        _ path: String
    ) throws -> JSONFileDriver.Loaded? {
        let name = journal(of: path)
        let identity = try handle.status(name).identity
        guard let journal = known.journal, journal.isBound, journal.identity.isSameFile(as: identity),
            let last = journal.last
        else { return nil }
        let bytes = try FileSystem.read(handle, name, from: last.place)
        guard bytes.starts(with: last.head) else { return nil }
        let text = try JournalText(bytes, path: name, from: last.place, after: journal.number - 1)
        if text.frames.isEmpty { return nil }
        var content = known.content
        var count = journal.changeCount
        for frame in text.frames.dropFirst() {
            guard case .changes(let changes) = frame.kind else { continue }
            guard content.knows(changes.keys) else { return nil }
            try apply(changes, of: text, to: &content, path)
            count += 1
        }
        let advanced = Journal(
            handle: journal.handle,
            identity: identity,
            end: last.place + text.end,
            number: text.frames.last?.number ?? journal.number,
            last: text.last,
            isBound: true,
            changeCount: count,
            isNameSafe: journal.isNameSafe
        )
        return .init(content: content, identity: known.identity, handle: known.handle, journal: advanced)
    }

    private static func apply(
        _ changes: JournalText.Changes,
        of text: JournalText,
        to content: inout StoreContent,
        _ path: String
    ) throws {
        do {
            try content.apply(changes, of: text)
        } catch let error as StorageError {
            let offset = error.place?.byteOffset.map { text.offset + $0 }
            throw error.at(.init(path: journal(of: path), byteOffset: offset))
        }
    }

    /// Puts changes into a file's bytes by nothing but the keys that the journal describes.
    private static func fold(
        _ changes: [JournalText.Changes],
        of text: JournalText,
        into bytes: [UInt8],
        _ path: String
    ) throws -> [UInt8] {
        var described: [CollectionSchema] = []
        for collection in changes.flatMap(\.keys) where !described.contains(where: { $0.isNamed(collection.name) }) {
            described.append(collection)
        }
        var content = try StoreContent(bytes, path: path, collections: described)
        for change in changes { try apply(change, of: text, to: &content, path) }
        return content.pieces.reduce(into: []) { $0 += $1 }
    }
}
