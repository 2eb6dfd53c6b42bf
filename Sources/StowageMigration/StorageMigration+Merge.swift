internal import Stowage

/// Moving into a target that has records: in one transaction, with a journal of what was there before (``MoveBooks``).
extension StorageMigration {
    /// The journal of a merge.
    var undo: CollectionSchema { collection.undoJournal }

    /// The identifier fields alone.
    var keys: CollectionSchema {
        CollectionSchema(
            name: collection.name,
            fields: collection.key.map { collection.fields[$0] },
            key: Array(collection.key.indices),
            indexes: []
        )
    }

    /// The fields without what their types would reorder: a former record comes back as it was.
    var plain: CollectionSchema {
        CollectionSchema(
            name: collection.name,
            fields: collection.fields.map { FieldSchema(name: $0.name, type: $0.type, isOptional: $0.isOptional) },
            key: collection.key,
            indexes: []
        )
    }

    func merge(
        _ rule: ImportConflict,
        _ rules: TargetRules,
        _ reading: Reading,
        _ scan: SourceScan,
        _ report: inout MoveReport,
        _ progress: (@Sendable (MoveProgress) -> Void)?
    ) async throws {
        try await target.driver.open([undo], access: .readWrite, context: target.options.context())
        let base = report
        let parking = UniqueParking(collection, rules)
        report = try await TargetWriter(database: target).transaction(isLong: true) { transaction in
            var merge = Merge(rule: rule, foreign: rules.foreign, counts: base)
            if rule == .fail || !parking.isEmpty {
                let outlook = try await self.outlook(rule, rules, reading, transaction)
                if !outlook.preview.common.isEmpty { throw common(outlook.preview.common) }
                if !outlook.refusals.isEmpty { throw taken(outlook.refusals) }
                merge.parked = try await stored(outlook.givingUp, transaction)
                try await parking.park(outlook.givingUp, in: transaction)
            }
            // What an unfinished move had written aside is of no use any more.
            try await MoveRecord.read(collection, in: transaction)?.dropStaging(of: collection, in: transaction)
            _ = try await transaction.write(WriteBatch([.deleteAll(.all)], in: undo))
            var done = 0
            try await reading.pages(of: collection, size: min(options.batchSize, 1000)).forEach { page in
                guard page.damages.isEmpty else { throw sourceChanged }
                try await self.merge(page.rows, &merge, transaction)
                done += page.rows.count
                progress?(MoveProgress(phase: .copying, done: done, total: scan.count))
            }
            if !merge.verdict.isEqual { throw notGivenBack(merge.verdict) }
            var record = try MoveRecord(
                collection,
                from: source.driver.location,
                digest: scan.digest,
                records: scan.count,
                phase: .published,
                merge: rule,
                batchSize: options.batchSize
            )
            (merge.counts.state, record.state) = try await writeState(scan.state, in: transaction)
            try await record.write(in: transaction)
            return merge.counts
        }
        progress?(MoveProgress(phase: .publishing, done: scan.count, total: scan.count))
    }

    /// A merge under way.
    private struct Merge {
        let rule: ImportConflict
        let foreign: ForeignColumns
        var counts: MoveReport
        /// Records as they were before they gave a unique value up.
        var parked: [Key: Row] = [:]
        /// What did not arrive as it should.
        var verdict = MoveVerdict()
    }

    /// The error of a merge that fails because of ids that both stores have.
    func common(_ common: [String]) -> MoveRefused {
        MoveRefused(
            code: .alreadyExists,
            message:
                "nothing was moved: both stores have \(common.count == 1 ? "this id" : "these \(common.count) ids")",
            advice: "Merge with skip or replace, or change the records",
            refusals: common.map { MoveRefused.Refusal(id: $0, reason: "the target has a record with this id") }
        )
    }

    /// The target's records with some keys.
    func stored(_ keys: [Key], _ transaction: any DriverTransaction) async throws -> [Key: Row] {
        let found = Found<Row>()
        let (collection, nested) = (collection, nestedFields)
        try await transaction.get(keys, in: collection, includingUnknown: true) { reader in
            do {
                var row = try reader.row(of: collection)
                try CanonicalText.apply(to: &row, nested: nested, collection)
                found.append(row)
            } catch let error as StorageError {
                throw RecordPages.faults(error, reader, collection)[0]
            }
        }
        return Dictionary(found.all.map { (collection.key(of: $0.values), $0) }) { first, _ in first }
    }

    var nestedFields: [Int] { collection.fields.indices.filter { collection.fields[$0].type == .json } }

    /// Merges a page, reads it back and compares it.
    private func merge(_ rows: [Row], _ merge: inout Merge, _ transaction: any DriverTransaction) async throws {
        let keys = rows.map { collection.key(of: $0.values) }
        var before = try await stored(keys, transaction)
        for key in keys { if let row = merge.parked[key] { before[key] = row } }
        var mutations: [Mutation] = []
        // What should stand there afterwards, for each record of the source.
        var expected: [(key: Key, row: Row, source: Row, isWritten: Bool)] = []
        for (key, row) in zip(keys, rows) {
            guard let old = before[key] else {
                mutations.append(.insert(row))
                expected.append((key, row, row, true))
                merge.counts.written += 1
                continue
            }
            if merge.rule == .skip {
                expected.append((key, old, row, false))
                merge.counts.skipped += 1
                continue
            }
            merge.counts.replaced += 1
            var new = try row.over(old, collection)
            try CanonicalText.apply(to: &new, nested: nestedFields, collection)
            let isWritten = !new.isIdentical(to: old)
            expected.append((key, new, row, isWritten))
            if isWritten { mutations.append(.upsert(row)) }
        }
        if !mutations.isEmpty { _ = try await transaction.write(WriteBatch(mutations, in: collection)) }
        let after = try await stored(keys, transaction)
        var journal: [Mutation] = []
        let limit = options.differenceLimit
        for (key, row, source, isWritten) in expected {
            guard let stored = after[key] else {
                merge.verdict.add(.init(id: key.description, kind: "the target has no such record"), limit: limit)
                continue
            }
            if !merge.foreign.areSame(row, stored, besides: source) {
                let (mine, theirs) = (
                    merge.foreign.leavingOut(of: row, besides: source),
                    merge.foreign.leavingOut(of: stored, besides: source)
                )
                for difference in differences(mine, theirs) { merge.verdict.add(difference, limit: limit) }
                continue
            }
            merge.counts.verified += 1
            // As it stands there, with what the table added: a rollback tells by that whether it was changed since.
            if isWritten { journal.append(.upsert(try entry(key, former: before[key], written: stored))) }
        }
        if !journal.isEmpty { _ = try await transaction.write(WriteBatch(journal, in: undo)) }
    }

    /// An entry of the journal.
    func entry(_ key: Key, former: Row?, written: Row) throws -> Row {
        Row(values: [
            .text(try entryID(key)), .json(try json(Row(values: key.values), of: keys)),
            try former.map { .json(try json($0, of: plain)) } ?? .null,
            .text(ContentDigest.hex(of: written)),
        ])
    }

    private func entryID(_ key: Key) throws -> String {
        SHA256.hex(of: try json(Row(values: key.values), of: keys).utf8)
    }

    /// The checksums of records as a move left them, for those that the journal knows.
    func leftBehind(_ keys: [Key], _ transaction: any DriverTransaction) async throws -> [Key: String] {
        let ids = try keys.map { Key(.text(try entryID($0))) }
        let found = Found<Row>()
        let undo = self.undo
        try await transaction.get(ids, in: undo, includingUnknown: false) { found.append(try $0.row(of: undo)) }
        let known = Dictionary(
            found.all.map { (Key($0.values[0]), $0.values[3]) },
            uniquingKeysWith: { first, _ in first }
        )
        var left: [Key: String] = [:]
        for (key, id) in zip(keys, ids) { if case .text(let written)? = known[id] { left[key] = written } }
        return left
    }

    /// The foreign columns of the target, with a journal for what they hold when the move ends.
    func foreignToKeep() async throws -> ForeignColumns {
        let foreign = try await ForeignColumns(of: collection, in: target)
        if !foreign.isEmpty {
            try await target.driver.open([undo], access: .readWrite, context: target.options.context())
        }
        return foreign
    }

    /// Remembers the records of a table that added something of its own, so that a rollback knows a later change of it.
    func keepAsLeft(_ foreign: ForeignColumns, in transaction: any DriverTransaction) async throws {
        if foreign.isEmpty { return }
        let published = Reading(transaction: transaction, limit: target.options.deadline)
        let pages = try await published.pages(of: collection, size: 1000)
        // Without reading ahead: a transaction takes one call at a time.
        while let page = try await pages.next() {
            if let damage = page.damages.first { throw damage }
            let entries = try page.rows.filter { !foreign.filled(in: $0).isEmpty }.map {
                Mutation.upsert(try entry(collection.key(of: $0.values), former: nil, written: $0))
            }
            if !entries.isEmpty { _ = try await transaction.write(WriteBatch(entries, in: undo)) }
        }
    }

    private func json(_ row: Row, of schema: CollectionSchema) throws -> String {
        String(decoding: try RowJSON.tree(row, of: schema).compact, as: UTF8.self)
    }

    /// A row of the text that the journal keeps.
    func row(of text: String, as schema: CollectionSchema) throws -> Row {
        var text = text
        var row = try text.withUTF8 { bytes in
            var scanner = JSONScanner(bytes)
            try scanner.begin()
            return try RowJSON.row(&scanner, of: schema)
        }
        let nested = schema.fields.indices.filter { schema.fields[$0].type == .json }
        try CanonicalText.apply(to: &row, nested: nested, schema)
        return row
    }
}
