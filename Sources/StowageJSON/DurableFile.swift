internal import Stowage

/// Replaces a file so that a crash or a power cut leaves the old content or the new one, never a mixture (DUR-1, DUR-2).
enum DurableFile {
    private static let mark = ".stowage-"

    /// Writes the pieces, one after the other, to a new file beside the old one, makes it durable, and renames it over the old one.
    ///
    /// The folder is synced too: without that, a power cut can undo the rename, which `relaxed` durability accepts. Blocks
    /// its thread.
    ///
    /// - Returns: The identity of the new file, and the file itself.
    static func replace(
        _ path: String,
        with pieces: [ArraySlice<UInt8>],
        durability: Durability
    ) throws -> (identity: FileSystem.Identity, handle: FileSystem.Handle) {
        let folder = FileSystem.folder(of: path)
        let unique = String(UInt64.random(in: 0...UInt64.max), radix: 36)
        let temporary = "\(folder)/.\(FileSystem.name(of: path))\(mark)\(FileSystem.processID)-\(unique)"
        // Opened first: once the file is renamed, nothing may fail but the sync itself.
        let folderHandle = try FileSystem.openForReading(folder)
        let handle = try FileSystem.open(temporary, FileSystem.readWriteNew)
        let identity: FileSystem.Identity
        do {
            if let mode = try FileSystem.status(path)?.mode { try FileSystem.setMode(mode, of: handle, path) }
            try FileSystem.write(pieces, to: handle, path)
            // Always: without it the rename may be on the disk before the content, and the store empty (DUR-2).
            try FileSystem.sync(handle, path)
            identity = try handle.status(path).identity
            try FileSystem.rename(temporary, to: path)
        } catch {
            FileSystem.remove(temporary)
            throw error
        }
        if durability == .full { try FileSystem.sync(folderHandle, folder) }
        return (identity, handle)
    }

    /// Removes what writers left behind that died before their rename. The caller holds the write lock, so none of them
    /// is alive.
    static func removeStale(_ path: String) {
        let folder = FileSystem.folder(of: path)
        let prefix = ".\(FileSystem.name(of: path))\(mark)"
        for name in FileSystem.names(in: folder) where name.hasPrefix(prefix) {
            FileSystem.remove("\(folder)/\(name)")
        }
    }
}
