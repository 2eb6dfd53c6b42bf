internal import Stowage

/// A program of operations on one store of ``Specimen``, as plain data.
struct ModelProgram: Sendable, Equatable, Codable {
    var steps: [ModelStep] = []
}

/// One operation of a program.
indirect enum ModelStep: Sendable, Equatable, Codable {
    case create(Specimen)
    case createIfAbsent(Specimen)
    case upsert(Specimen)
    case createMany([Specimen])
    case upsertMany([Specimen])
    case update(String, SpecimenChange)
    case delete(String)
    case updateAll(Query<Specimen>, SpecimenChange)
    case deleteAll(Query<Specimen>)
    case get(String)
    case getMany([String])
    case exists(String)
    case fetch(Query<Specimen>)
    case first(Query<Specimen>)
    case count(Query<Specimen>)
    case existsAny(Query<Specimen>)
    /// All pages of a size.
    case pages(Query<Specimen>, Int)
    /// A stream that is left after so many records.
    case stream(Query<Specimen>, Int)
    case readState
    case writeState(SpecimenState)
    /// Reads a record and keeps its revision in a slot.
    case read(String, slot: Int)
    /// Writes guarded by the revision in a slot, or by none when the slot is empty.
    case updateIf(String, slot: Int, SpecimenChange)
    case upsertIf(Specimen, slot: Int)
    case deleteIf(String, slot: Int)
    /// A transaction, nested when it stands in another; it is rolled back when it does not commit.
    case transaction([ModelStep], commits: Bool, isReadOnly: Bool)
    /// Closes the store and opens it again.
    case reopen
}
