import Stowage
import Synchronization

// STA and TXN: what is not whole, and what is seen too early, too late or never.
extension Mutant {
    static let states: [Mutant] = [
        Mutant("writeState adds to what is there", killedBy: "sta.state.replaces-everything") {
            $0.write = { transaction, batch in
                guard case .replaceAll(let rows)? = batch.mutations.first else {
                    return try await transaction.inner.write(batch)
                }
                var changed = batch
                changed.mutations = rows.map { .upsert($0) }
                if !rows.isEmpty { _ = try await transaction.inner.write(changed) }
                return [MutationOutcome(affected: rows.count)]
            }
        },
        Mutant("a state's own field that is nil stays", killedBy: "sta.state.replaces-everything") {
            $0.write = { transaction, batch in
                var changed = batch
                if batch.collection.isState {
                    changed.mutations = batch.mutations.filter { if case .delete = $0 { false } else { true } }
                }
                return try await transaction.inner.write(changed)
            }
        },
        Mutant("a state's own fields are not kept", killedBy: "sta.state.round-trips") {
            $0.write = { transaction, batch in
                batch.collection.isState
                    ? batch.mutations.map { _ in MutationOutcome(affected: 1) }
                    : try await transaction.inner.write(batch)
            }
        },
        Mutant("writeState commits the deletions first", killedBy: "sta.state.all-or-nothing") {
            $0.write = { transaction, batch in
                guard case .replaceAll(let rows)? = batch.mutations.first else {
                    return try await transaction.inner.write(batch)
                }
                var changed = batch
                changed.mutations = [.deleteAll(.all)]
                _ = try await transaction.inner.write(changed)
                try await transaction.restart(keeping: true)
                return try await transaction.inner.write(batch).map { _ in MutationOutcome(affected: rows.count) }
            }
        },
        Mutant("writeState writes record by record", killedBy: "sta.state.unique-values-change-places") {
            $0.write = { transaction, batch in
                guard case .replaceAll(let rows)? = batch.mutations.first else {
                    return try await transaction.inner.write(batch)
                }
                let kept = rows.map { row in
                    QueryPredicate.and(
                        batch.collection.key.map {
                            .compare(field: batch.collection.fields[$0].name, .equal, row.values[$0])
                        }
                    )
                }
                var changed = batch
                changed.mutations = [.deleteAll(.not(.or(kept)))] + rows.map { .upsert($0) }
                _ = try await transaction.inner.write(changed)
                return [MutationOutcome(affected: rows.count)]
            }
        },
        Mutant("a state of one type empties the fields of the others", killedBy: "sta.state.own-fields-stay") {
            $0.write = { transaction, batch in
                if case .replaceAll? = batch.mutations.first {
                    _ = try await transaction.inner.write(WriteBatch([.deleteAll(.all)], in: .state))
                }
                return try await transaction.inner.write(batch)
            }
        },
        Mutant("opening forgets the state's own fields", killedBy: "sta.state.survives-reopening") {
            $0.open = { driver, collections, access, context in
                try await driver.base.open(collections, access: access, context: context)
                let empty = WriteBatch([.deleteAll(.all)], in: .state)
                if access == .readWrite { _ = try await driver.base.write(empty, context: context) }
            }
        },
        Mutant("a state is read from two snapshots", killedBy: "sta.state.one-snapshot") { _, site in
            LooseShelf(.readsTheNewest, site.shelf)
        },
        Mutant("a state in a transaction is written at once", killedBy: "sta.state.in-transaction") {
            $0.write = { transaction, batch in
                let outcomes = try await transaction.inner.write(batch)
                if batch.collection.isState { try await transaction.restart(keeping: true) }
                return outcomes
            }
            $0.releaseSavepoint = { _ in }
            $0.rollBackToSavepoint = { _ in }
        },
        Mutant("a record that cannot be read is left out", killedBy: "sta.read.error-is-not-empty") {
            $0.swallowsRows = true
        },
    ]

    static let transactions: [Mutant] = [
        Mutant("a body that throws is committed", killedBy: "txn.throw.rolls-back-all") {
            $0.rollBack = { transaction in
                do { try await transaction.inner.commit() } catch { await transaction.inner.rollBack() }
            }
        },
        Mutant("a transaction keeps the writes to its first collection", killedBy: "txn.commit.keeps-all") {
            $0.write = { transaction, batch in
                let name = batch.collection.name
                let first = transaction.driver.site.texts.withLock { texts in
                    let id = "\(ObjectIdentifier(transaction))"
                    texts[id] = texts[id] ?? name
                    return texts[id]
                }
                return first == name || batch.collection.isState
                    ? try await transaction.inner.write(batch)
                    : batch.mutations.map { _ in MutationOutcome(affected: 1) }
            }
        },
        Mutant("counting in a transaction does not see its writes", killedBy: "txn.own-writes.seen") {
            $0.count = { transaction, predicate, collection in
                try await transaction.driver.base.count(predicate, in: collection, context: transaction.context)
            }
        },
        Mutant("a nested rollback rolls everything back", killedBy: "txn.nested.rolls-back-alone") {
            $0.rollBackToSavepoint = { try await $0.restart(keeping: false) }
        },
        Mutant("a nested rollback keeps everything", killedBy: "txn.nested.deep") {
            $0.rollBackToSavepoint = { try await $0.inner.releaseSavepoint() }
        },
        Mutant("a nested transaction commits by itself", killedBy: "txn.nested.outer-rolls-back-all") {
            $0.releaseSavepoint = { transaction in
                try await transaction.inner.releaseSavepoint()
                try await transaction.restart(keeping: true)
            }
        },
        Mutant(
            "a batch that fails leaves its first half to the transaction",
            killedBy: "txn.failed-statement.contained"
        ) {
            $0.write = { transaction, batch in
                var outcomes: [MutationOutcome] = []
                for (index, mutation) in batch.mutations.enumerated() {
                    var one = batch
                    one.mutations = [mutation]
                    do {
                        outcomes += try await transaction.inner.write(one)
                    } catch let error as StorageError {
                        throw error.atIndex(index)
                    }
                }
                return outcomes
            }
        },
        Mutant(
            "a batch that fails takes the transaction's earlier writes with it",
            killedBy: "txn.failed-statement.contained"
        ) {
            $0.write = { transaction, batch in
                do {
                    return try await transaction.inner.write(batch)
                } catch {
                    try await transaction.restart(keeping: false)
                    throw error
                }
            }
        },
        wired("a lost commit is reported as unavailable, worth another try", .unavailable),
        wired("a lost commit is tried again", .triedAgain),
        wired("a lost commit is reported as done", .silence),
    ]

    private static func wired(_ description: String, _ ending: WireDriver.Ending) -> Mutant {
        var mutant = Mutant(description, killedBy: "txn.commit-unknown.severed") { base, site in
            WireDriver(base, site.wire, ending)
        }
        mutant.hasWire = true
        return mutant
    }

    /// A true adapter behind the wire of those above.
    static var trueWire: Mutant { wired("memory behind a wire", .unknown) }

    private static func shelf(_ description: String, _ fault: LooseShelf.Fault, killedBy killer: String) -> Mutant {
        Mutant(description, killedBy: killer) { _, site in LooseShelf(fault, site.shelf) }
    }

    /// The shelf without a fault, which must pass.
    static var trueShelf: Mutant { shelf("a shelf", .nothing, killedBy: "") }

    static let isolation: [Mutant] = [
        shelf("the last of two updates wins", .noTurns, killedBy: "txn.lost-update.read-modify-write"),
        shelf("two handles lose updates to each other", .noTurns, killedBy: "txn.lost-update.two-handles"),
        shelf(
            "a revision is compared before the write, not with it",
            .noTurns,
            killedBy: "txn.lost-update.by-revision"
        ),
        shelf("what is not committed can be read", .writesInPlace, killedBy: "txn.dirty-read.none"),
        shelf("snapshots without a check of what was read", .snapshotIsolation, killedBy: "txn.write-skew.none"),
        shelf("reads by key are checked, searches are not", .keysCheckedOnly, killedBy: "txn.phantom.none"),
        shelf("a read-only transaction sees later commits", .readsTheNewest, killedBy: "txn.read-only.one-snapshot"),
        shelf("readers and writers wait for each other", .readersBlock, killedBy: "txn.read-only.one-snapshot").slow,
        shelf("a conflict is left to the caller", .conflictsAreFinal, killedBy: "txn.bank.sum-holds"),
        Mutant("each handle reads from its own cache", killedBy: "txn.committed.seen-by-all") { base, _ in
            CachingDriver(base)
        },
        Mutant("a delete looks, then deletes, and says what it saw", killedBy: "txn.single-writes.all-kept") {
            $0.oneShot = { driver, batch, context in
                guard case .delete(let key)? = batch.mutations.first,
                    try await driver.has(key, batch, context)
                else { return try await driver.plainWrite(batch, context) }
                _ = try await driver.plainWrite(batch, context)
                return [MutationOutcome(affected: 1)]
            }
        },
    ]
}
