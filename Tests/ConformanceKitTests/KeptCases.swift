import ConformanceKit
import Testing

/// Cases that are the named killer of no known-bad adapter although another case checks their rule too: each with what
/// it is for. A case that is in neither list must go, or get a mutant.
enum KeptCases {
    static let reasons: [String: String] = [
        "dur.crash.random-points":
            "kills at every stage of a mixed program; the mutants that lose writes are killed by name earlier",
        "lif.cancel.before-the-call": "the core does it: a driver is never asked",
        "lif.cancel.swallowed-by-body": "the core does it: a body that swallows its cancellation must not commit",
        "lif.close.later-calls": "the core does it, for every verb",
        "lif.close.waits-for-what-runs": "the core does it: no driver can get it wrong, a change of the core can",
        "lif.deadline.body-that-sleeps": "the core does it: the deadline of a body that waits for something else",
        "lif.initialize.needed": "the core does it, for every verb",
        "qry.bool-logic.long": "conditions far longer than an engine's limits on the depth of an expression",
        "qry.field.none": "the core does it: a query names a field that the schema lacks",
        "qry.in.every-type": "lists of each type of value; the mutants touch one each",
        "qry.index.same-answers": "an index must not change an answer: memory, on which mutants stand, has none",
        "qry.limit.negative": "the core does it",
        "qry.names.schema-refused": "the core does it: no driver meets such a schema",
        "qry.page.misuse": "the core does it: a token of another query",
        "qry.page.of-a-condition": "pages under a condition; the mutants that lose rows are killed without one",
        "qry.page.token-as-text": "the core does it: a token's text form is read back",
        "qry.page.visits-each-once": "ties and nils at the edges of pages, for every direction",
        "qry.page.while-records-come-and-go": "pages while records are written; needs no defect to matter",
        "qry.stream.idle-consumer": "the core does it: the deadline of a consumer that waits",
        "qry.stream.in-transaction": "a stream that sees its transaction's own writes",
        "qry.stream.several-at-once": "several streams on one pool: engines with connections can run out of them",
        "qry.stream.stops-with-its-consumer": "engines with cursors can leave them open; memory has none",
        "qry.update-all.refuses-limits": "the core does it",
        "rec.absent.get": "the plainest answer of all; it names the defect where others only meet it",
        "rec.batch.empty": "the core does it: a driver sees no empty batch",
        "rec.batch.invalid-value": "the core does it, before a driver is asked",
        "rec.create.returns-what-get-returns": "every type at once, to the bit; the mutants change one each",
        "rec.revision.equal-content": "the core does it: revisions are derived from what is stored",
        "rec.revision.fixed-value": "the same revision on every adapter and in every version of the kit",
        "rec.revision.guards-writes": "each guarded verb; the mutants break one",
        "rec.revision.in-transaction": "a guard inside a transaction, whose failure leaves the rest",
        "rec.revision.neighbours-differ": "values that are nearly equal must have other revisions",
        "rec.revision.record-gone": "a guard on a record that was deleted meanwhile",
        "rec.unknown.delete-removes": "what is written again under an old id must not get back its unknown members",
        "rec.unknown.fields-survive": "unknown members on disk, with another schema; the mutants stand on memory",
        "rec.unknown.fields-survive-state": "the same through writeState",
        "rec.unknown.in-revision": "unknown members are part of a revision",
        "rec.unknown.members-laid-over": "new unknown members are laid over stored ones",
        "rec.unknown.nested-survive-update": "unknown keys of nested values that an update does not replace",
        "rec.update.id-cannot-change": "the core does it",
        "rec.update.last-assignment-counts": "the core does it",
        "rec.update.nothing-named": "an update that names no field still answers whether the record is there",
        "sch.collection.described-twice": "the core does it: two types describe one collection differently",
        "sch.migrate.eight-handles": "a race of handles; the race of processes is the harder one and needs workers",
        "sch.migrate.eight-processes": "a race of processes",
        "sch.refuse.by-policy": "the core does it: the policy that refuses pending migrations",
        "sch.unlisted-key.refused": "the core does it: a record encodes a key that its schema lacks",
        "sta.model.programs": "generated programs over the state; they find what nobody listed",
        "txn.calls-at-once.inside": "the core does it: calls of several tasks inside one transaction take turns",
        "txn.conflict.nested-restarts-outermost": "the core does it: where a conflict restarts the body",
        "txn.failed-statement.uncaught": "an error that the body lets through rolls back whole",
        "txn.nested.siblings-at-once": "the core does it: nested transactions side by side",
        "txn.processes.bank": "transfers from several processes; needs workers, which mutants of memory lack",
        "txn.processes.counter": "increments from several processes",
        "txn.processes.lists": "histories of transactions from several processes",
        "txn.processes.registers": "histories of single operations from several processes",
        "txn.read-only.refuses-writes": "the core does it: a driver is never asked to write there",
        "txn.severed.random-points": "connections cut at any moment; the deterministic cut is killed by name",
        "txn.storage-inside.refused": "the core does it: the storage itself is used inside a body",
        "txn.used-after-its-end": "the core does it",
        "val.date.exact-microseconds": "the core does it: Date to microseconds and back",
        "val.date.half-even": "the core does it: rounding on write",
        "val.date.out-of-range": "the core does it",
        "val.decimal.too-many-digits": "the core does it",
        "val.double.not-finite-refused": "the core does it, before a driver is asked",
        "val.enum.unknown-raw-value": "the core does it: a stored raw value of no case",
        "val.float.exact": "a Float through a Double, to the bit",
        "val.int64.out-of-range": "numbers beyond Int64 in a file; only adapters with one can meet them",
        "val.text.nul-refused": "the core does it, before a driver is asked",
    ]
}

@Suite struct KeptCasesTests {
    private var killers: Set<String> {
        Set(Mutant.all.map(\.killer) + ProcessTests.mutants.map(\.killer) + ModelMutant.all.map(\.killer))
            .union(["txn.history.lists", "txn.history.registers", "txn.read-only.serializable"])
    }

    @Test func aCaseKillsAMutantOrStandsAloneForItsRuleOrSaysWhatItIsFor() {
        let byRule = Dictionary(grouping: ConformanceCases.all) { $0.rules[0] }
        for conformanceCase in ConformanceCases.all where !killers.contains(conformanceCase.id) {
            let standsAlone = byRule[conformanceCase.rules[0]]?.count == 1
            let hasReason = KeptCases.reasons[conformanceCase.id] != nil
            #expect(standsAlone || hasReason, "\(conformanceCase.id) needs a reason to live")
        }
    }

    @Test func noReasonIsLeftOver() {
        let ids = Set(ConformanceCases.all.map(\.id))
        for id in KeptCases.reasons.keys.sorted() {
            #expect(ids.contains(id) && !killers.contains(id), "\(id) is gone, or kills a mutant: drop its reason")
        }
    }
}
