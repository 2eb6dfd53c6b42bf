#if Postgres
internal import Stowage
internal import StowageSQL

/// Mutations that are one statement each, and what their answers say.
extension PostgresTable {
    /// The statement of a mutation; nil for those that take several.
    func statement(for mutation: Mutation, returningRow: Bool) throws -> PostgresStatement? {
        switch mutation {
        case .insert(let row): return PostgresStatement(insert, PostgresParameters(row, of: table))
        case .insertIfAbsent(let row): return PostgresStatement(insertIfAbsent, PostgresParameters(row, of: table))
        case .upsert(let row): return PostgresStatement(upsert, PostgresParameters(row, of: table))
        case .delete(let key): return PostgresStatement(delete, PostgresParameters(key, of: schema))
        case .update(let key, let assignments):
            guard !assignments.isEmpty else {
                let sql = returningRow ? selectByKeyWithUnknown : exists
                return PostgresStatement(sql, PostgresParameters(key, of: schema))
            }
            var parameters = PostgresParameters()
            for assignment in assignments {
                parameters.append(assignment.value, as: schema.fields[assignment.field].type)
            }
            parameters.append(key, of: schema)
            let sql = try writes.update(assignments.map(\.field), returningRow: returningRow)
            return PostgresStatement(sql, parameters)
        case .updateAll(let predicate, let assignments):
            let sql =
                assignments.isEmpty ? try reads.count(predicate) : try writes.updateAll(predicate, assignments)
            return PostgresStatement(sql.text, PostgresParameters(sql.parameters))
        case .deleteAll(let predicate):
            let sql = try writes.deleteAll(predicate)
            return PostgresStatement(sql.text, PostgresParameters(sql.parameters))
        case .replaceAll: return nil
        }
    }

    /// What a mutation's statement did; nil for an upsert that was held back, since a stored nested value may hold
    /// more than the new one.
    func outcome(
        of mutation: Mutation,
        from result: PostgresResult,
        returningRow: Bool
    ) throws -> MutationOutcome? {
        switch mutation {
        case .insert:
            // A rule or a trigger of the database may have dropped the row in silence.
            guard result.affectedRows == 1 else {
                throw StorageError(.constraint, "the database did not take the record: a rule or a trigger forbids it")
            }
            return MutationOutcome(affected: 1, inserted: true)
        case .insertIfAbsent: return MutationOutcome(affected: result.affectedRows, inserted: result.affectedRows > 0)
        case .upsert:
            guard result.rowCount > 0 else { return nil }
            return MutationOutcome(affected: 1, inserted: try result.row(0).bool(0))
        case .update:
            guard result.affectedRows > 0 else { return MutationOutcome(affected: 0) }
            return MutationOutcome(
                affected: 1,
                row: returningRow ? try result.row(0, of: self, includingUnknown: true) : nil
            )
        case .updateAll(_, let assignments) where assignments.isEmpty:
            return MutationOutcome(affected: Int(try result.row(0).int8(0)))
        default: return MutationOutcome(affected: result.affectedRows)
        }
    }

    /// Whether a mutation finds its records by their keys, and not by a predicate.
    static func isByKey(_ mutation: Mutation) -> Bool {
        switch mutation {
        case .update, .delete: true
        default: false
        }
    }

    static func isScan(_ mutation: Mutation) -> Bool {
        switch mutation {
        case .updateAll, .deleteAll: true
        default: false
        }
    }

    func key(of mutation: Mutation) -> Key? {
        switch mutation {
        case .insert(let row), .insertIfAbsent(let row), .upsert(let row): schema.key(of: row.values)
        case .update(let key, _), .delete(let key): key
        case .updateAll, .deleteAll, .replaceAll: nil
        }
    }

    /// Whether an upsert has to see the stored record first.
    func mustMerge(_ row: Row) -> Bool { !nestedFields.isEmpty || (row.unknown != nil && table.keepsUnknown) }
}
#endif
