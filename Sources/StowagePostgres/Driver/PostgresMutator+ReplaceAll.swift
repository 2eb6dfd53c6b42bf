#if Postgres
internal import FoundationEssentials
internal import Stowage
internal import StowageSQL

/// Replacing everything: what `writeState` does (STA-1).
///
/// The stored records are read, and only those that differ are written: a state of thousands in which one record
/// changed costs one update.
extension PostgresMutator {
    /// Makes these rows the only ones; those whose key stays keep what the schema does not know.
    mutating func replaceAll(_ rows: [Row]) async throws {
        let keys = try checked(rows)
        let locks = transaction.context.isolation == .readCommitted
        let select = PostgresStatement(table.selectStored(locking: locks))
        let results = try await transaction.run(transaction.scanning([select]))
        let answer = results.dropFirst(transaction.isSerializable ? 1 : 0).first
        var stored = try answer?.storedRows(of: table) ?? [:]

        var kept: [(index: Int, old: Row, new: Row)] = []
        var new: [(index: Int, row: Row)] = []
        for (index, row) in rows.enumerated() {
            if let old = stored.removeValue(forKey: keys[index]) {
                kept.append((index, old, try located(index, keys[index]) { try row.merged(over: old, collection) }))
            } else {
                new.append((index, row))
            }
        }
        if !stored.isEmpty {
            let gone = PostgresParameters(Array(stored.keys), of: table.schema)
            add(PostgresStatement(table.deleteByKeys, gone), .aside)
        }
        try await clearWay(for: kept)
        for (index, old, row) in kept where !row.isIdentical(to: old) {
            add(try table.replacement(row), .replacement, at: index, keys[index])
            if mustFlush { try await flush() }
        }
        try await flush()
        if try await copy(new.map(\.row)) { return }
        for (index, row) in new {
            add(
                PostgresStatement(table.insert, PostgresParameters(row, of: table.table)),
                .replacement,
                at: index,
                keys[index]
            )
            if mustFlush { try await flush() }
        }
        try await flush()
    }

    /// The keys, after the new state has been checked by itself: it says what stands in the store afterwards, so a
    /// broken rule is seen, and its record named, before anything is written.
    private func checked(_ rows: [Row]) throws -> [Key] {
        let schema = table.schema
        var keys: [Key] = []
        keys.reserveCapacity(rows.count)
        var seen = Set<Key>()
        var uniques = schema.uniqueIndexes.map { (index: $0, values: Set<[Value]>()) }
        for (index, row) in rows.enumerated() {
            let key = schema.key(of: row.values)
            guard seen.insert(key).inserted else {
                throw table.alreadyExists(nil).atIndex(index).forRecord(key.description)
            }
            keys.append(key)
            for number in uniques.indices {
                let values = row.values(of: uniques[number].index)
                if values.contains(where: \.isNull) || uniques[number].values.insert(values).inserted { continue }
                let fields = uniques[number].index.fields.map { schema.fields[$0].name }
                throw table.notUnique(
                    field: fields.joined(separator: ", "),
                    StorageError.BackendCode("23505", constraint: uniques[number].index.name)
                ).atIndex(index).forRecord(key.description)
            }
        }
        return keys
    }

    /// Takes unique values away from the records that give them to others.
    ///
    /// An index refuses a value the moment it stands twice, also when the statement after it would put things right. So
    /// records whose value another one is about to get hold nothing, or a value that nobody has, for a moment that only
    /// this transaction sees.
    private mutating func clearWay(for kept: [(index: Int, old: Row, new: Row)]) async throws {
        for index in table.schema.uniqueIndexes {
            var wanted = Set<[Value]>()
            for (_, old, new) in kept where new.values(of: index) != old.values(of: index) {
                wanted.insert(new.values(of: index))
            }
            if wanted.isEmpty { continue }
            let sql = try table.writes.update(index.fields)
            for (number, old, new) in kept {
                let held = old.values(of: index)
                guard held != new.values(of: index), !held.contains(where: \.isNull), wanted.contains(held) else {
                    continue
                }
                var parameters = PostgresParameters()
                for field in index.fields.map({ table.schema.fields[$0] }) {
                    parameters.append(field.isOptional ? .null : .placeholder(of: field.type), as: field.type)
                }
                let key = table.schema.key(of: new.values)
                parameters.append(key, of: table.schema)
                add(PostgresStatement(sql, parameters), .replacement, at: number, key)
                if mustFlush { try await flush() }
            }
        }
    }
}

extension Row {
    fileprivate func values(of index: IndexSchema) -> [Value] { index.fields.map { values[$0] } }

    /// Whether writing this row over the other would change nothing.
    fileprivate func isIdentical(to other: Row) -> Bool {
        values.elementsEqual(other.values) { $0.isIdentical(to: $1) }
            && unknown.map(ByteText.init) == other.unknown.map(ByteText.init)
    }
}

extension Value {
    /// A value that no record holds, but for an accident that the unique index would notice.
    fileprivate static func placeholder(of type: FieldType) -> Value {
        switch type {
        case .text: .text(UUID().uuidString)
        case .data: .data(Data(UUID().uuidString.utf8))
        case .uuid: .uuid(UUID())
        case .int: .int(.random(in: .min ... .max))
        case .double: .double(.random(in: -1e300...1e300))
        case .decimal: .decimal(Decimal(Int64.random(in: .min ... .max)))
        case .time:
            .time(
                Timestamp(
                    uncheckedMicroseconds: .random(in: Timestamp.min.microseconds...Timestamp.max.microseconds)
                )
            )
        case .bool: .bool(.random())
        case .json: .json("null")
        }
    }
}
#endif
