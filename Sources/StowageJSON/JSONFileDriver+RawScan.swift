public import Stowage

/// Going through a file that an opening refuses because of some of its records.
extension JSONFileDriver: RawScanDriver {
    /// Reads the file anew, record by record. What is damaged is named with its byte and line.
    ///
    /// - Throws: `notFound`; `corrupt` for a file that is no JSON or none of the known shapes.
    public func rawScan(
        _ collection: CollectionSchema,
        context: OperationContext,
        records: @escaping @Sendable (RawRecord) throws -> Void
    ) async throws {
        try await reading.run(deadline: context.deadline, waitingFor: "the file to be read") { [path] in
            let handle = try FileSystem.openForReading(path)
            if try handle.status(path).isDirectory { throw Self.directory(path) }
            let bytes = try FileSystem.read(handle, path)
            let lines = LineIndex(bytes)
            func located(_ error: any Error, _ offset: Int?) -> StorageError {
                let known = error as? StorageError ?? StorageError(.corrupt, "the record cannot be read")
                let byte = known.place?.byteOffset ?? offset
                return known.at(.init(path: path, byteOffset: byte, line: byte.map { lines.line(ofByte: $0) }))
                    .inCollection(collection.name)
            }
            try bytes.withUnsafeBufferPointer { buffer in
                let document: StoreDocument
                do {
                    document = try StoreDocument(buffer, collections: collection.isState ? [] : [collection.name])
                } catch {
                    throw located(error, nil)
                }
                for case .collection(let name, let places, let ids) in document.members
                where collection.isNamed(name) {
                    var walk = RecordWalk(collection)
                    for (index, place) in places.enumerated() {
                        if index & 0xfff == 0, Task.isCancelled { throw StorageError.cancelledTask }
                        let record: RawRecord
                        do {
                            let row = try walk.row(index, at: place, id: ids?[index], in: buffer)
                            try walk.checkUnique(row)
                            let start = place.lowerBound
                            let line = lines.line(ofByte: start)
                            record = .row(row, place: .init(path: path, byteOffset: start, line: line))
                        } catch {
                            record = .damaged(located(error, place.lowerBound))
                        }
                        try records(record)
                    }
                }
            }
        }
    }
}
