public import Stowage
internal import Synchronization

/// Going through a file that an opening refuses because of some of its records.
extension JSONFileDriver: RawScanDriver {
    /// Reads the file anew, record by record. What is damaged is named with its byte and line.
    ///
    /// A record whose bytes are no JSON is passed by its brackets and quotes, and the next one is read. Where its end
    /// cannot be told either, that is the last that is handed over.
    ///
    /// - Throws: `notFound`; `corrupt` for a file that is none of the known shapes.
    public func rawScan(
        _ collection: CollectionSchema,
        context: OperationContext,
        records: @escaping @Sendable (RawRecord) throws -> Void
    ) async throws {
        let names =
            collection.isState
            ? state.withLock { $0.collections }.filter { !$0.isState }.map(\.name) : [collection.name]
        try await reading.run(deadline: context.deadline, waitingFor: "the file to be read") { [path] in
            try StoreFile.requireOrdinary(path)
            let bytes = try JournaledFile.bytes(path) ?? []
            let scan = JSONRawScan(collection: collection, path: path, lines: LineIndex(bytes))
            try bytes.withUnsafeBufferPointer { try scan.run($0, collections: names, records) }
        }
    }

    /// False when the file has a time with more than six digits of a second.
    public func readsExactly(_ collection: CollectionSchema, context: OperationContext) async throws -> Bool {
        try await !current(context.deadline).roundsTimes
    }
}

/// One pass over a file's bytes.
private struct JSONRawScan {
    let collection: CollectionSchema
    let path: String
    let lines: LineIndex

    func run(
        _ bytes: UnsafeBufferPointer<UInt8>,
        collections: [String],
        _ records: (RawRecord) throws -> Void
    ) throws {
        let document: StoreDocument
        do {
            document = try StoreDocument(bytes, collections: collections, isLoose: true)
        } catch {
            throw located(error, nil)
        }
        if collection.isState {
            try members(document, bytes, records)
        } else {
            for case .collection(let name, let places, let ids) in document.members where collection.isNamed(name) {
                var walk = RecordWalk(collection)
                for (index, place) in places.enumerated() {
                    if index & 0xfff == 0, Task.isCancelled { throw StorageError.cancelledTask }
                    let (row, errors) = walk.examine(index, at: place, id: ids?[index], in: bytes)
                    // The index tells the records apart whose id cannot be read.
                    for error in errors { try records(.damaged(located(error, place.lowerBound).atIndex(index))) }
                    if let row, errors.isEmpty { try records(.row(row, place: self.place(place.lowerBound))) }
                }
            }
        }
        if let torn = document.torn, !collection.isState {
            let error = StorageError(.corrupt, "\(torn.reason); the records after this cannot be told apart")
            try records(.damaged(located(error, torn.byteOffset)))
        }
    }

    /// The store's own members.
    private func members(
        _ document: StoreDocument,
        _ bytes: UnsafeBufferPointer<UInt8>,
        _ records: (RawRecord) throws -> Void
    ) throws {
        for damage in document.damages {
            try records(.damaged(located(damage.error.recordError.inField(damage.key), nil)))
        }
        for case .other(let key, let range) in document.members
        where !CollectionSchema.isInternal(key) && !document.damages.contains(where: { TextOrder.equal($0.key, key) }) {
            let text = try FieldJSON.compactText(UnsafeBufferPointer(rebasing: bytes[range]))
            try records(.row(Row(values: [.text(key), .json(text)]), place: place(range.lowerBound)))
        }
    }

    private func place(_ byte: Int) -> StorageError.Place {
        .init(path: path, byteOffset: byte, line: lines.line(ofByte: byte))
    }

    private func located(_ error: any Error, _ offset: Int?) -> StorageError {
        let known = error as? StorageError ?? StorageError(.corrupt, "the record cannot be read")
        return known.at((known.place?.byteOffset ?? offset).map(place) ?? .init(path: path))
            .inCollection(collection.name)
    }
}
