internal import Stowage

/// How writes go into a file and its journal. All of it under the lock between processes.
extension JournaledFile {
    /// Replaces the file; what stands in its journal is in the new one. Blocks its thread.
    ///
    /// - Parameter durability: Counts only where there is no journal.
    /// - Returns: The identity of the new file, and the file itself.
    static func replace(
        _ path: String,
        with pieces: [ArraySlice<UInt8>],
        durability: Durability
    ) throws -> (identity: FileSystem.Identity, handle: FileSystem.Handle) {
        let name = journal(of: path)
        guard let journal = try open(name, FileSystem.readWrite) else {
            return try DurableFile.replace(path, with: pieces, durability: durability)
        }
        let text = try JournalText(FileSystem.read(journal, name), path: name)
        var hash = XXHash64()
        for piece in pieces { hash.add(piece) }
        let base = JournalText.base(
            (text.frames.last?.number ?? 0) + 1,
            bytes: pieces.reduce(0) { $0 + $1.count },
            hash: hash.finish().hexadecimal
        )
        try append(JournalText.frame(base), at: text.end, of: journal, name)
        // Whatever the write's own durability: with the journal would go what was durable before, if a power cut undid the
        // renaming and not the removal.
        let replaced = try DurableFile.replace(path, with: pieces, durability: .full)
        FileSystem.remove(name)
        return replaced
    }

    /// Appends changes to the journal of a file, which is made when there is none. Blocks its thread.
    ///
    /// - Returns: The journal as it is then; nil when it would be larger than the file and than the limit.
    static func append(
        _ changes: [UInt8],
        to loaded: JSONFileDriver.Loaded,
        _ path: String,
        limit: Int,
        durability: Durability
    ) throws -> Journal? {
        let name = journal(of: path)
        let known = loaded.journal
        var number = known?.number ?? 0
        var frames: [UInt8] = []
        if known?.isBound != true {
            let bytes = try FileSystem.read(loaded.handle, path)
            number += 1
            frames = JournalText.frame(
                JournalText.base(number, bytes: bytes.count, hash: XXHash64.hash(bytes).hexadecimal)
            )
        }
        number += 1
        let frame = StoreContent.frame(number, of: changes)
        frames += frame
        let start = known?.end ?? 0
        guard start + frames.count <= max(limit, Int(loaded.identity.size)) else { return nil }
        // Opened first: once the frames are written, nothing may fail but the sync itself.
        let folder = FileSystem.folder(of: path)
        let isNamed = known?.isNameSafe == true || durability != .full
        let folderHandle = isNamed ? nil : try FileSystem.openForReading(folder)
        let handle = try FileSystem.open(name, known == nil ? FileSystem.readWriteNew : FileSystem.readWrite)
        if known == nil, let mode = try FileSystem.status(path)?.mode {
            try FileSystem.setMode(mode, of: handle, name)
        }
        try append(frames, at: start, of: handle, name)
        if let folderHandle {
            do {
                try FileSystem.sync(folderHandle, folder)
            } catch {
                try? cutOff(handle, start, name)
                throw error
            }
        }
        return Journal(
            handle: known?.handle ?? handle,
            identity: try handle.status(name).identity,
            end: start + frames.count,
            number: number,
            last: (start + frames.count - frame.count, Array(frame.prefix { $0 != UInt8(ascii: "\n") })),
            isBound: true,
            changeCount: (known?.changeCount ?? 0) + 1,
            isNameSafe: known?.isNameSafe == true || folderHandle != nil
        )
    }

    /// Appends frames and makes them safe; when they cannot be, what was written is cut off again: the next writer, of
    /// another process, would go on behind it, and what that acknowledges would be lost with it.
    private static func append(_ frames: [UInt8], at end: Int, of handle: FileSystem.Handle, _ name: String) throws {
        if try handle.status(name).identity.size > end { try cutOff(handle, end, name) }
        do {
            try FileSystem.write(frames, at: end, of: handle, name)
            try FileSystem.syncContent(handle, name)
        } catch {
            try? cutOff(handle, end, name)
            throw error
        }
    }

    /// Removes what is no whole frame. Safe before anything is written there: a power cut must not leave a mixture of
    /// both.
    private static func cutOff(_ handle: FileSystem.Handle, _ end: Int, _ name: String) throws {
        try FileSystem.truncate(handle, to: end, name)
        try FileSystem.syncContent(handle, name)
    }

    /// Makes room for a new store: a journal with changes has lost its file.
    static func requireNoChanges(_ path: String) throws {
        let name = journal(of: path)
        guard let handle = try open(name) else { return }
        let text = try JournalText(FileSystem.read(handle, name), path: name)
        let hasChanges = text.frames.contains { if case .changes = $0.kind { true } else { false } }
        guard !hasChanges else {
            throw StorageError(
                .corrupt,
                "the file is gone, and its journal is still there",
                advice: "Put the file back, or move the journal away to begin anew"
            ).at(.init(path: name))
        }
        FileSystem.remove(name)
    }
}
