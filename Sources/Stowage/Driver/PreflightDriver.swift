/// A driver that can tell, before anything is written, what would keep it from writing.
///
/// Optional. The plan of a move asks it, so that a dry run ends as the move would; a driver that does not conform finds
/// out by writing.
public protocol PreflightDriver: StorageDriver {
    /// Throws what making collections and writing to them would throw, as far as reading can tell: a missing privilege, a
    /// folder or a file that cannot be written. The driver need not be open; nothing is changed.
    func checkWritable(_ collections: [CollectionSchema], context: OperationContext) async throws
}
