public import Stowage

/// The answers of a program, a line each, in a form that can be compared: values to the bit, errors by what the contract
/// says of them.
///
/// A printed program and the kit's own run of it fill one in the same way, so that the two can be compared too.
public final class ProgramLog {
    /// The answers so far.
    public private(set) var lines: [String] = []

    /// An empty log.
    public init() {}

    /// What a program throws to roll a transaction back.
    public struct RolledBack: Error {
        /// Made by programs.
        public init() {}
    }

    /// Notes what a call returns or throws.
    ///
    /// - Parameter namingRecord: Whether an error's record counts; not for writes to all that match, which an engine
    ///   makes in an order of its own.
    public func note<T: Encodable>(
        namingRecord: Bool = true,
        _ body: nonisolated(nonsending) () async throws -> T
    ) async {
        do {
            let answer = try await body()
            lines.append(Self.text(answer))
        } catch let error as StorageError where !namingRecord {
            lines.append(Self.text(of: error.forRecord(nil)))
        } catch {
            lines.append(Self.text(of: error))
        }
    }

    /// Notes the record and the revision that a call returns: equal content has an equal revision everywhere (REC-7).
    public func revision(
        _ body: nonisolated(nonsending) () async throws -> Versioned<Specimen>?
    ) async -> Revision? {
        do {
            let found = try await body()
            lines.append(found.map { "\(Self.text($0.record)) revision \($0.revision)" } ?? "null")
            return found?.revision
        } catch {
            lines.append(Self.text(of: error))
            return nil
        }
    }

    /// Notes the whole content, its fields included.
    public func content(_ storage: RecordStorage<Specimen, SpecimenState>) async {
        if storage.capabilities.contains(.transactions) {
            await note { try await storage.readState() }
        } else {
            await note { try await storage.fetch() }
        }
    }

    private static func text(_ value: some Encodable) -> String {
        guard let bytes = SameBits.bytes(value) else { return "an answer that cannot be encoded" }
        return String(decoding: bytes.dropFirst().dropLast(), as: UTF8.self)
    }

    /// The code, field, index and id of an error: all that the contract fixes (LIF-3).
    private static func text(of error: any Error) -> String {
        guard let error = error as? StorageError else {
            return error is RolledBack ? "rolled back" : "threw \(type(of: error))"
        }
        var text = "threw \(error.code)"
        if let field = error.field { text += ", field \(field.debugDescription)" }
        if let index = error.batchIndex { text += ", index \(index)" }
        if let id = error.recordID { text += ", record \(id)" }
        return text
    }
}
