import Stowage
import Synchronization

// REC: one defect each in how records are created, changed and removed.
extension Mutant {
    static let records: [Mutant] = [
        Mutant("create replaces", killedBy: "rec.create.refuses-existing-id") {
            $0.mutation = { mutation, _ in if case .insert(let row) = mutation { .upsert(row) } else { mutation } }
        },
        Mutant("a deleted id can never be used again", killedBy: "rec.create.again-after-delete") {
            $0.write = { transaction, batch in
                for mutation in batch.mutations {
                    if case .insert(let row) = mutation {
                        let key = batch.collection.key(of: row.values)
                        if transaction.driver.site.texts.withLock({ $0["deleted \(key)"] }) != nil {
                            throw StorageError(.alreadyExists, "a record with this id exists").forRecord("\(key)")
                        }
                    }
                    if case .delete(let key) = mutation {
                        transaction.driver.site.texts.withLock { $0["deleted \(key)"] = "" }
                    }
                }
                return try await transaction.inner.write(batch)
            }
        },
        Mutant("an update of an absent record creates it", killedBy: "rec.absent.update") {
            $0.write = { transaction, batch in
                guard case .update(let key, let assignments)? = batch.mutations.first,
                    try await transaction.row(key, in: batch.collection) == nil
                else { return try await transaction.inner.write(batch) }
                var row = Row(values: batch.collection.fields.map { $0.isOptional ? .null : .text("") })
                for (position, value) in zip(batch.collection.key, key.values) { row.values[position] = value }
                _ = try await transaction.inner.write(
                    WriteBatch([.insert(row.applying(assignments))], in: batch.collection)
                )
                return [MutationOutcome(affected: 0)]
            }
        },
        Mutant("delete says true for the absent", killedBy: "rec.absent.delete") {
            $0.outcome = { mutation, outcome in
                if case .delete = mutation { MutationOutcome(affected: 1) } else { outcome }
            }
        },
        Mutant("delete says false for what it deleted", killedBy: "rec.absent.delete") {
            $0.outcome = { mutation, outcome in
                if case .delete = mutation { MutationOutcome(affected: 0) } else { outcome }
            }
        },
        Mutant("long lists of ids are cut", killedBy: "rec.get.many") {
            $0.keys = { Array($0.prefix(65_535)) }
        },
        Mutant(
            "an update clears the optional fields it does not name",
            killedBy: "rec.update.changes-named-fields-only"
        ) {
            $0.mutation = { mutation, collection in
                guard case .update(let key, let assignments) = mutation else { return mutation }
                let named = Set(assignments.map(\.field))
                let others = collection.fields.indices.filter {
                    !named.contains($0) && collection.fields[$0].isOptional
                }
                return .update(key, assignments + others.map { Assignment(field: $0, value: .null) })
            }
        },
        Mutant("an update skips nil", killedBy: "rec.update.nil-clears") {
            $0.mutation = { mutation, _ in
                guard case .update(let key, let assignments) = mutation else { return mutation }
                return .update(key, assignments.filter { !$0.value.isNull })
            }
        },
        Mutant("an update sets the first field that it names", killedBy: "rec.update.sets-every-field") {
            $0.mutation = { mutation, _ in
                guard case .update(let key, let assignments) = mutation else { return mutation }
                return .update(key, Array(assignments.prefix(1)))
            }
        },
        Mutant("an update merges nested values", killedBy: "rec.update.nested-replaced-whole") {
            $0.write = { transaction, batch in
                guard case .update(let key, var assignments)? = batch.mutations.first,
                    let row = try await transaction.row(key, in: batch.collection)
                else { return try await transaction.inner.write(batch) }
                for (index, assignment) in assignments.enumerated() {
                    guard case .json(let new) = assignment.value, case .json(let old) = row.values[assignment.field],
                        new.hasPrefix("{")
                    else { continue }
                    assignments[index].value = .json(try JSON.layingMembers(ofText: new, overText: old))
                }
                var changed = batch
                changed.mutations = [.update(key, assignments)]
                return try await transaction.inner.write(changed)
            }
        },
        Mutant("an update returns the record before it", killedBy: "rec.update.returns-what-get-returns") {
            $0.write = { transaction, batch in
                guard case .update(let key, _)? = batch.mutations.first else {
                    return try await transaction.inner.write(batch)
                }
                let before = try await transaction.row(key, in: batch.collection)
                return try await transaction.inner.write(batch).map {
                    MutationOutcome(affected: $0.affected, row: before)
                }
            }
        },
        Mutant("an upsert leaves a stored record alone", killedBy: "rec.upsert.inserts-and-replaces") {
            $0.mutation = { mutation, _ in
                if case .upsert(let row) = mutation { .insertIfAbsent(row) } else { mutation }
            }
        },
        Mutant("an upsert keeps the fields that are nil", killedBy: "rec.upsert.inserts-and-replaces") {
            $0.write = { transaction, batch in
                guard case .upsert(var row)? = batch.mutations.first, !batch.collection.isState,
                    let old = try await transaction.row(batch.collection.key(of: row.values), in: batch.collection)
                else { return try await transaction.inner.write(batch) }
                for (position, value) in row.values.enumerated() where value.isNull {
                    row.values[position] = old.values[position]
                }
                var changed = batch
                changed.mutations = [.upsert(row)]
                return try await transaction.inner.write(changed)
            }
        },
        Mutant("an upsert deletes and inserts", killedBy: "rec.unknown.nested-survive-upsert") {
            $0.write = { transaction, batch in
                guard case .upsert(let row)? = batch.mutations.first else {
                    return try await transaction.inner.write(batch)
                }
                var changed = batch
                changed.mutations = [.delete(batch.collection.key(of: row.values)), .insert(row)]
                return try await transaction.inner.write(changed).suffix(1)
            }
        },
        Mutant("an update rewrites the record without what it does not know", killedBy: "rec.unknown.members-survive") {
            $0.write = { transaction, batch in
                guard case .update(let key, let assignments)? = batch.mutations.first,
                    var row = try await transaction.row(key, in: batch.collection)
                else { return try await transaction.inner.write(batch) }
                row.unknown = nil
                row = row.applying(assignments)
                var changed = batch
                changed.mutations = [.delete(key), .insert(row)]
                _ = try await transaction.inner.write(changed)
                return [MutationOutcome(affected: 1, row: row)]
            }
        },
        Mutant(
            "writeState drops unknown keys of the records that stay",
            killedBy: "rec.unknown.nested-survive-write-state"
        ) {
            $0.write = { transaction, batch in
                guard case .replaceAll(let rows)? = batch.mutations.first else {
                    return try await transaction.inner.write(batch)
                }
                var changed = batch
                changed.mutations = [.deleteAll(.all)] + rows.map { .insert($0) }
                _ = try await transaction.inner.write(changed)
                return [MutationOutcome(affected: rows.count)]
            }
        },
        Mutant("a delete leaves the unknown members to the next record", killedBy: "rec.unknown.members-go-with-delete")
        {
            $0.write = { transaction, batch in
                var changed = batch
                if case .delete(let key)? = batch.mutations.first,
                    let unknown = try await transaction.row(key, in: batch.collection)?.unknown
                {
                    transaction.driver.site.texts.withLock { $0["\(key)"] = unknown }
                }
                if case .insert(var row)? = batch.mutations.first, row.unknown == nil {
                    let key = batch.collection.key(of: row.values)
                    row.unknown = transaction.driver.site.texts.withLock { $0["\(key)"] }
                    changed.mutations[0] = .insert(row)
                }
                return try await transaction.inner.write(changed)
            }
        },
        Mutant("rows are handed out without what is unknown", killedBy: "rec.unknown.members-in-revision") {
            $0.row = { row, _ in Row(values: row.values) }
        },
        Mutant("createIfAbsent always says created", killedBy: "rec.create-if-absent.says-which") {
            $0.outcome = { mutation, outcome in
                if case .insertIfAbsent = mutation { MutationOutcome(affected: 1, inserted: true) } else { outcome }
            }
        },
        Mutant("createIfAbsent looks, then writes", killedBy: "rec.create-if-absent.one-of-many-wins") {
            $0.oneShot = { driver, batch, context in
                guard case .insertIfAbsent(let row)? = batch.mutations.first else {
                    return try await driver.plainWrite(batch, context)
                }
                if try await driver.has(batch.collection.key(of: row.values), batch, context) {
                    return [MutationOutcome(affected: 0)]
                }
                var changed = batch
                changed.mutations = [.upsert(row)]
                _ = try await driver.plainWrite(changed, context)
                return [MutationOutcome(affected: 1, inserted: true)]
            }
        },
        Mutant("an upsert looks, then inserts", killedBy: "rec.upsert.many-at-once") {
            $0.oneShot = { driver, batch, context in
                guard case .upsert(let row)? = batch.mutations.first,
                    try await !driver.has(batch.collection.key(of: row.values), batch, context)
                else { return try await driver.plainWrite(batch, context) }
                var changed = batch
                changed.mutations = [.insert(row)]
                return try await driver.plainWrite(changed, context)
            }
        },
        Mutant("batches are written one by one", killedBy: "rec.batch.all-or-nothing") {
            $0.oneShot = { driver, batch, context in
                var outcomes: [MutationOutcome] = []
                for (index, mutation) in batch.mutations.enumerated() {
                    var one = batch
                    one.mutations = [mutation]
                    do {
                        outcomes += try await driver.plainWrite(one, context)
                    } catch let error as StorageError {
                        throw error.atIndex(index)
                    }
                }
                return outcomes
            }
        },
        Mutant("batches are written backwards", killedBy: "rec.batch.first-failure-is-named") {
            $0.oneShot = { driver, batch, context in
                var changed = batch
                changed.mutations.reverse()
                do {
                    return try await driver.plainWrite(changed, context).reversed()
                } catch let error as StorageError {
                    throw error.atIndex(error.batchIndex.map { batch.mutations.count - 1 - $0 })
                }
            }
        },
        Mutant("the error of a batch names no index", killedBy: "rec.batch.duplicate-within") {
            $0.error = { $0.atIndex(nil) }
        },
        Mutant("batches are cut at 1,000 records", killedBy: "rec.batch.large") {
            $0.oneShot = { driver, batch, context in
                var changed = batch
                changed.mutations = Array(batch.mutations.prefix(1_000))
                return try await driver.plainWrite(changed, context)
            }
        },
        Mutant("all collections share one table", killedBy: "rec.collections.are-apart") {
            $0.collection = { $0.isState ? $0 : $0.changing(name: "everything") }
            $0.open = { driver, _, access, context in try await driver.base.open([], access: access, context: context) }
        },
        Mutant("only the first part of a key counts", killedBy: "rec.ids.all-types") {
            $0.collection = { $0.changing(key: Array($0.key.prefix(1))) }
            $0.write = { transaction, batch in
                var changed = batch
                changed.mutations = batch.mutations.map {
                    $0.rewritten(key: { Key($0.values[0]) }, predicate: { $0 })
                }
                return try await transaction.inner.write(changed)
            }
        },
    ]

    static let uniqueness: [Mutant] = [
        Mutant("a second nil in a unique field is refused", killedBy: "rec.unique.nil-is-not-equal") {
            $0.write = { transaction, batch in
                for index in batch.collection.uniqueIndexes {
                    for mutation in batch.mutations {
                        guard let row = mutation.row, row.values[index.fields[0]].isNull else { continue }
                        let field = batch.collection.fields[index.fields[0]].name
                        if try await transaction.inner.count(.isNil(field: field), in: batch.collection) > 0 {
                            throw StorageError.notUnique(
                                batch.collection.key(of: row.values),
                                index,
                                batch.collection
                            )
                        }
                    }
                    let others = batch.mutations.filter { $0.row?.values[index.fields[0]].isNull == true }
                    if others.count > 1, let row = others[1].row {
                        throw StorageError.notUnique(batch.collection.key(of: row.values), index, batch.collection)
                    }
                }
                return try await transaction.inner.write(batch)
            }
        },
        Mutant("unique fields are not checked on updates", killedBy: "rec.update.unique-value") {
            $0.write = { transaction, batch in
                guard case .update? = batch.mutations.first else { return try await transaction.inner.write(batch) }
                var changed = batch
                changed.collection = batch.collection.withoutUniqueIndexes
                return try await transaction.inner.write(changed)
            }
        },
        Mutant("unique fields are not checked on upserts", killedBy: "rec.unique.everywhere") {
            $0.write = { transaction, batch in
                guard case .upsert? = batch.mutations.first else { return try await transaction.inner.write(batch) }
                var changed = batch
                changed.collection = batch.collection.withoutUniqueIndexes
                return try await transaction.inner.write(changed)
            }
        },
        Mutant("unique fields are not checked by createIfAbsent", killedBy: "rec.create-if-absent.unique-value") {
            $0.write = { transaction, batch in
                guard case .insertIfAbsent? = batch.mutations.first else {
                    return try await transaction.inner.write(batch)
                }
                var changed = batch
                changed.collection = batch.collection.withoutUniqueIndexes
                return try await transaction.inner.write(changed)
            }
        },
        Mutant("unique text folds case", killedBy: "rec.unique.by-bytes") {
            $0.write = { transaction, batch in
                for index in batch.collection.uniqueIndexes {
                    for case let mutation in batch.mutations {
                        guard let row = mutation.row, case .text(let text) = row.values[index.fields[0]] else {
                            continue
                        }
                        let field = batch.collection.fields[index.fields[0]].name
                        let same = QueryPredicate.or([
                            .compare(field: field, .equal, .text(text.lowercased())),
                            .compare(field: field, .equal, .text(text.uppercased())),
                        ])
                        if try await transaction.inner.count(same, in: batch.collection) > 0 {
                            throw StorageError.notUnique(
                                batch.collection.key(of: row.values),
                                index,
                                batch.collection
                            )
                        }
                    }
                }
                return try await transaction.inner.write(batch)
            }
        },
        Mutant("a unique violation does not name the field", killedBy: "rec.unique.everywhere") {
            $0.error = { $0.code == .constraint ? $0.inField(nil) : $0 }
        },
        Mutant("two handles each check what they know", killedBy: "txn.unique.concurrent") {
            $0.oneShot = { driver, batch, context in
                var changed = batch
                for index in batch.collection.uniqueIndexes {
                    for mutation in batch.mutations {
                        guard let row = mutation.row, !row.values[index.fields[0]].isNull else { continue }
                        let field = batch.collection.fields[index.fields[0]].name
                        let same = QueryPredicate.compare(field: field, .equal, row.values[index.fields[0]])
                        if try await driver.base.count(same, in: batch.collection, context: context) > 0 {
                            throw StorageError.notUnique(
                                batch.collection.key(of: row.values),
                                index,
                                batch.collection
                            )
                        }
                    }
                    changed.collection = batch.collection.withoutUniqueIndexes
                }
                try await Task.sleep(for: .milliseconds(20))
                return try await driver.plainWrite(changed, context)
            }
        },
    ]
}

extension HookedDriver {
    /// Looks, in a read of its own, and takes its time to come back.
    func has(_ key: Key, _ batch: WriteBatch, _ context: OperationContext) async throws -> Bool {
        let condition = zip(batch.collection.key, key.values).map { position, value in
            QueryPredicate.compare(field: batch.collection.fields[position].name, .equal, value)
        }
        let isThere = try await base.count(.and(condition), in: batch.collection, context: context) > 0
        try await Task.sleep(for: .milliseconds(20))
        return isThere
    }
}
