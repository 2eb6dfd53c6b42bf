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
        _ reading: Reading,
        _ scan: SourceScan,
        _ report: inout MoveReport,
        _ progress: (@Sendable (MoveProgress) -> Void)?
    ) async throws {
        try await target.driver.open([undo], access: .readWrite, context: target.options.context())
        let base = report
        report = try await TargetWriter(database: target).transaction(isLong: true) { transaction in
            var counts = base
            if rule == .fail { try await refuseCommon(reading, transaction) }
            // What an unfinished move had written aside is of no use any more.
            if let stager = transaction as? any StagingTransaction { try await stager.drop(collection.staging) }
            _ = try await transaction.write(WriteBatch([.deleteAll(.all)], in: undo))
            var done = 0
            try await reading.pages(of: collection, size: min(options.batchSize, 1000)).forEach { page in
                guard page.damages.isEmpty else { throw sourceChanged }
                try await merge(page.rows, rule, transaction, &counts)
                done += page.rows.count
                progress?(MoveProgress(phase: .copying, done: done, total: scan.count))
            }
            var record = try MoveRecord(
                collection,
                from: source.driver.location,
                digest: scan.digest,
                records: scan.count,
                phase: .published,
                merge: rule,
                batchSize: options.batchSize
            )
            record.state = try await writeState(scan.state, in: transaction)
            try await record.write(in: transaction)
            return counts
        }
        progress?(MoveProgress(phase: .publishing, done: scan.count, total: scan.count))
    }

    /// Throws with every id that both stores have.
    private func refuseCommon(_ reading: Reading, _ transaction: any DriverTransaction) async throws {
        var common: [String] = []
        try await reading.pages(of: collection, size: 1000).forEach { page in
            let stored = try await stored(page.rows.map { collection.key(of: $0.values) }, transaction)
            common += page.rows.compactMap { row in
                let key = collection.key(of: row.values)
                return stored[key] == nil ? nil : key.description
            }
        }
        if !common.isEmpty { throw self.common(common) }
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
            var row = try reader.row(of: collection)
            try CanonicalText.apply(to: &row, nested: nested, collection)
            found.append(row)
        }
        return Dictionary(found.all.map { (collection.key(of: $0.values), $0) }) { first, _ in first }
    }

    var nestedFields: [Int] { collection.fields.indices.filter { collection.fields[$0].type == .json } }

    /// Merges a page, reads it back and compares it.
    private func merge(
        _ rows: [Row],
        _ rule: ImportConflict,
        _ transaction: any DriverTransaction,
        _ counts: inout MoveReport
    ) async throws {
        let keys = rows.map { collection.key(of: $0.values) }
        let before = try await stored(keys, transaction)
        var mutations: [Mutation] = []
        var journal: [Mutation] = []
        var expected: [(key: Key, row: Row)] = []
        for (key, row) in zip(keys, rows) {
            guard let old = before[key] else {
                mutations.append(.insert(row))
                journal.append(.upsert(try entry(key, former: nil, written: row)))
                expected.append((key, row))
                counts.written += 1
                continue
            }
            if rule == .skip {
                expected.append((key, old))
                counts.skipped += 1
                continue
            }
            counts.replaced += 1
            var new = try row.over(old, collection)
            try CanonicalText.apply(to: &new, nested: nestedFields, collection)
            expected.append((key, new))
            if new.isIdentical(to: old) { continue }
            mutations.append(.upsert(row))
            journal.append(.upsert(try entry(key, former: old, written: new)))
        }
        if !mutations.isEmpty {
            _ = try await transaction.write(WriteBatch(mutations, in: collection))
            _ = try await transaction.write(WriteBatch(journal, in: undo))
        }
        let after = try await stored(keys, transaction)
        for (key, row) in expected {
            guard let stored = after[key], stored.isIdentical(to: row) else {
                throw StorageError(.corrupt, "the target does not give back what was merged into it")
                    .forRecord(key.description).inCollection(collection.name)
            }
        }
        counts.verified += rows.count
    }

    private func entry(_ key: Key, former: Row?, written: Row) throws -> Row {
        let text = try json(Row(values: key.values), of: keys)
        return Row(values: [
            .text(SHA256.hex(of: text.utf8)), .json(text),
            try former.map { .json(try json($0, of: plain)) } ?? .null,
            .text(ContentDigest.hex(of: written)),
        ])
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
