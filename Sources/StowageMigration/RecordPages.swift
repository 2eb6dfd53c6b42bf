internal import Stowage
internal import Synchronization

/// A snapshot that is read for as long as it takes; each page has a deadline of its own (LIF-2).
struct Reading: Sendable {
    let transaction: any DriverTransaction
    /// How long one page may take.
    let limit: Duration

    /// Begins a snapshot. The wait for it is bounded, the snapshot is not.
    static func begin(_ database: StorageDatabase) async throws -> Reading {
        let transaction = try await BoundedBegin.transaction(.readOnly, of: database)
        return Reading(transaction: transaction, limit: database.options.deadline)
    }

    /// The records of a collection in key order, unknown members included.
    func pages(of collection: CollectionSchema, size: Int = 2000) async throws -> RecordPages {
        RecordPages(try await cursor(of: collection), collection, size, limit)
    }

    /// A cursor over the records in key order.
    func cursor(of collection: CollectionSchema) async throws -> any DriverCursor {
        let order = collection.key.map { SortKey(collection.fields[$0].name) }
        return try await transaction.cursor(DriverQuery(order: order, includesUnknown: true), in: collection)
    }

    /// What belongs to the store as a whole, by the bytes of its names.
    func state<State: StorageState>(_ type: State.Type) async throws -> [StateMember] {
        let (members, damages) = try await stateMembers(type)
        if let damage = damages.first { throw damage }
        return members
    }

    /// The same, beside everything in it that cannot be read, each named by its key.
    func stateMembers<State: StorageState>(
        _ type: State.Type
    ) async throws -> ([StateMember], damages: [StorageError]) {
        let pages = try await pages(of: .state)
        var members: [StateMember] = []
        var damages: [StorageError] = []
        // Without reading ahead: it may be a transaction that writes, which takes one call at a time.
        while let page = try await pages.next() {
            damages += page.damages.map { $0.inField($0.recordID ?? $0.field) }
            for row in page.rows {
                guard case .text(let name) = row.values[0], case .json(let json) = row.values[1] else { continue }
                if !State.isNothing(name, json: json) { members.append(StateMember(name: name, json: json)) }
            }
        }
        return (members, damages)
    }

    func end() async { await transaction.rollBack() }
}

/// One of the state's own fields, or a foreign key of a file, with its compact JSON.
struct StateMember: Sendable, Hashable {
    let name: String
    let json: String

    static func == (left: StateMember, right: StateMember) -> Bool {
        TextOrder.equal(left.name, right.name) && TextOrder.equal(left.json, right.json)
    }

    func hash(into hasher: inout Hasher) { TextOrder.hash(name, into: &hasher) }
}

/// The rows of a collection, page by page; what cannot be read is handed over too, and hides nothing behind it.
final class RecordPages: Sendable {
    struct Page: Sendable {
        var rows: [Row] = []
        /// What is wrong with the rows that cannot be read: one error for each field.
        var damages: [StorageError] = []
        /// How many those rows are.
        var damaged = 0
    }

    private let cursor: any DriverCursor
    private let collection: CollectionSchema
    private let nested: [Int]
    private let size: Int
    private let limit: Duration
    private let isOver = Mutex(false)

    init(_ cursor: any DriverCursor, _ collection: CollectionSchema, _ size: Int, _ limit: Duration) {
        self.cursor = cursor
        self.collection = collection
        self.size = size
        self.limit = limit
        nested = collection.fields.indices.filter { collection.fields[$0].type == .json }
    }

    /// The next page; nil at the end, once the cursor is closed.
    func next() async throws -> Page? {
        while !isOver.withLock({ $0 }) {
            if Task.isCancelled { throw StorageError.cancelledTask }
            let filled = PageBox(size)
            let mayHaveMore = try await cursor.next(size, until: .after(limit)) { [collection, nested] reader in
                do {
                    var row = try reader.row(of: collection)
                    try CanonicalText.apply(to: &row, nested: nested, collection)
                    filled.append(row)
                } catch let error as StorageError {
                    filled.append(Self.faults(error, reader, collection))
                }
            }
            if !mayHaveMore { await close() }
            let content = filled.content
            if !content.rows.isEmpty || !content.damages.isEmpty { return content }
        }
        return nil
    }

    /// Reads the next page while the body works on the one before.
    func forEach(_ body: (Page) async throws -> Void) async throws {
        do {
            var page = try await next()
            while let current = page {
                async let ahead = next()
                try await body(current)
                page = try await ahead
            }
        } catch {
            await close()
            throw error
        }
    }

    /// Ends the reading, once.
    func close() async {
        let isFirst = isOver.withLock { isOver in
            defer { isOver = true }
            return !isOver
        }
        if isFirst { await cursor.close() }
    }

    /// Everything that is wrong with a row that cannot be read; at least one thing.
    static func faults(
        _ error: StorageError,
        _ row: any RowReader,
        _ collection: CollectionSchema
    ) -> [StorageError] {
        let key = collection.key.compactMap { field in
            (try? row.isNull(field)) == false ? try? row.value(field, as: collection.fields[field].type) : nil
        }
        let id = key.count == collection.key.count ? Key(key).description : nil
        let faults = StoredValueCheck.faults(row, collection)
        return (faults.isEmpty ? [error] : faults).map {
            $0.forRecord($0.recordID ?? id).inCollection(collection.name)
                .at($0.place ?? StorageError.Place(table: collection.name))
        }
    }
}

/// A page that a row handler fills.
private final class PageBox: Sendable {
    private let page: Mutex<RecordPages.Page>
    init(_ size: Int) {
        var content = RecordPages.Page()
        content.rows.reserveCapacity(size)
        page = Mutex(content)
    }
    func append(_ row: Row) { page.withLock { $0.rows.append(row) } }
    func append(_ damages: [StorageError]) {
        page.withLock {
            $0.damages += damages
            $0.damaged += 1
        }
    }
    var content: RecordPages.Page { page.withLock { $0 } }
}
