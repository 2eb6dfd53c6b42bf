import Stowage
import Testing

@testable import ConformanceKit

/// The checkers on histories made by hand: what is possible passes, what is not is named and shown in few operations.
@Suite struct HistoryCheckTests {
    // MARK: One record

    private func operation(
        _ client: Int,
        _ call: RegisterOperation.Call,
        _ answer: RegisterOperation.Answer,
        _ invoked: UInt64,
        _ returned: UInt64
    ) -> RegisterOperation {
        RegisterOperation(client: client, key: "k", call: call, answer: answer, invoked: invoked, returned: returned)
    }

    @Test func operationsThatOverlapMayComeInAnyOrder() {
        let history = [
            operation(0, .create(1), .done(true), 0, 10), operation(1, .get, .value(nil), 5, 20),
            operation(2, .get, .value(1), 6, 12), operation(0, .update(2), .done(true), 15, 30),
            operation(1, .get, .value(1), 21, 40), operation(2, .get, .value(2), 22, 28),
            operation(2, .delete, .done(true), 50, 60), operation(1, .update(9), .done(false), 55, 70),
            operation(0, .create(3), .done(true), 61, 80), operation(0, .create(4), .done(false), 81, 82),
            operation(0, .upsert(5), .done(true), 83, 84), operation(0, .get, .value(5), 85, 86),
        ]
        #expect(Linearizability.check(history) == .linearizable)
        #expect(Linearizability.check([]) == .linearizable)
    }

    @Test func aReadOfAnOverwrittenValueIsShownAlone() {
        var history: [RegisterOperation] = []
        for number in 0..<40 {
            let time = UInt64(number * 10)
            history.append(operation(0, .upsert(number), .done(true), time, time + 4))
            history.append(operation(1, .get, .value(number), time + 5, time + 8))
        }
        // Of an old value, long after a newer one was written and read.
        history.append(operation(2, .get, .value(3), 305, 308))
        guard case .violated(let few) = Linearizability.check(history) else {
            Issue.record("the stale read is not seen")
            return
        }
        #expect(few.contains { $0.client == 2 })
        #expect(few.count <= 3, "\(few)")
    }

    @Test func twoWinnersOfOneCreateAreImpossible() {
        let history = [
            operation(0, .create(1), .done(true), 0, 10), operation(1, .create(2), .done(true), 1, 11),
            operation(2, .get, .value(nil), 2, 3),
        ]
        guard case .violated(let few) = Linearizability.check(history) else {
            Issue.record("both creates were taken")
            return
        }
        #expect(few.count == 2)
        let lost = [operation(0, .create(1), .done(true), 0, 1), operation(1, .update(2), .done(false), 2, 3)]
        #expect(Linearizability.check(lost) != .linearizable)
    }

    @Test func anUnknownWriteMayHaveHappenedOrNot() {
        let write = operation(0, .upsert(2), .unknown, 2, 3)
        let start = operation(0, .create(1), .done(true), 0, 1)
        for found in [1, 2] {
            #expect(
                Linearizability.check([start, write, operation(1, .get, .value(found), 10, 11)]) == .linearizable
            )
        }
        let both = [operation(1, .get, .value(2), 10, 11), operation(1, .get, .value(1), 12, 13)]
        #expect(Linearizability.check([start, write] + both) != .linearizable)
    }

    // MARK: Lists

    private func transaction(
        _ client: Int,
        _ outcome: ListTransaction.Outcome,
        _ invoked: UInt64,
        _ returned: UInt64,
        _ operations: ListTransaction.Operation...
    ) -> ListTransaction {
        ListTransaction(
            client: client,
            operations: operations,
            outcome: outcome,
            invoked: invoked,
            returned: returned
        )
    }

    private func anomaly(_ transactions: ListTransaction...) -> ListAnomaly? { ListHistory(transactions).anomaly() }

    @Test func aSerialHistoryIsPossible() {
        #expect(
            anomaly(
                transaction(0, .committed, 0, 10, .read("x", []), .append("x", 1), .append("y", 2)),
                transaction(1, .committed, 5, 20, .read("x", [1]), .append("x", 3), .read("x", [1, 3])),
                transaction(2, .aborted, 6, 9, .append("x", 4), .read("x", [4])),
                transaction(2, .committed, 21, 30, .read("x", [1, 3]), .read("y", [2])),
                transaction(1, .unknown, 31, 32, .append("y", 5)),
                transaction(2, .committed, 40, 41, .read("y", [2, 5]))
            ) == nil
        )
    }

    @Test func eachAnomalyIsNamed() {
        let one = transaction(0, .committed, 0, 10, .append("x", 1))
        let dirty = anomaly(
            transaction(0, .aborted, 0, 10, .append("x", 1)),
            transaction(1, .committed, 5, 8, .read("x", [1]))
        )
        #expect(dirty?.name == "aborted read (G1a)" && dirty?.transactions.count == 2)
        let between = anomaly(
            transaction(0, .committed, 0, 10, .append("x", 1), .append("x", 2)),
            transaction(1, .committed, 5, 8, .read("x", [1]))
        )
        #expect(between?.name == "intermediate read (G1b)")
        #expect(
            anomaly(one, transaction(1, .committed, 0, 9, .read("x", [1]), .read("x", [])))?.name
                == "non-repeatable read"
        )
        #expect(anomaly(transaction(1, .committed, 0, 9, .append("x", 1), .read("x", [])))?.name == "own write unseen")
        #expect(anomaly(one, transaction(1, .committed, 20, 29, .read("x", [])))?.name == "lost update")
        #expect(
            anomaly(
                one,
                transaction(1, .committed, 0, 9, .append("x", 2)),
                transaction(2, .committed, 0, 9, .read("x", [1])),
                transaction(2, .committed, 0, 9, .read("x", [2]))
            )?.name == "lost update"
        )
        #expect(anomaly(transaction(1, .committed, 0, 9, .read("x", [7])))?.name == "garbage read")
        #expect(anomaly(one, transaction(1, .committed, 0, 9, .read("x", [1, 1])))?.name == "duplicate append")
    }

    @Test func cyclesAreNamedByTheirDependencies() {
        let skew = anomaly(
            transaction(0, .committed, 0, 10, .read("x", []), .read("y", []), .append("x", 1)),
            transaction(1, .committed, 0, 10, .read("x", []), .read("y", []), .append("y", 2)),
            transaction(2, .committed, 20, 30, .read("x", [1]), .read("y", [2]))
        )
        #expect(skew?.name == "write skew (G2)")
        #expect(skew?.transactions.count == 2, "\(skew.map { "\($0)" } ?? "")")
        let readSkew = anomaly(
            transaction(0, .committed, 0, 10, .append("x", 1), .append("y", 2)),
            transaction(1, .committed, 0, 10, .read("x", [1]), .read("y", []))
        )
        #expect(readSkew?.name == "read skew (G-single)")
        let flow = anomaly(
            transaction(0, .committed, 0, 10, .append("x", 1), .read("y", [2])),
            transaction(1, .committed, 0, 10, .append("y", 2), .read("x", [1]))
        )
        #expect(flow?.name == "circular information flow (G1c)")
        let writes = anomaly(
            transaction(0, .committed, 0, 10, .append("x", 1), .append("y", 2)),
            transaction(1, .committed, 0, 10, .append("x", 3), .append("y", 4)),
            transaction(2, .committed, 0, 10, .read("x", [1, 3]), .read("y", [4, 2]))
        )
        #expect(writes?.name == "write cycle (G0)")
        let stale = anomaly(
            transaction(0, .committed, 0, 10, .append("x", 1)),
            transaction(1, .committed, 20, 30, .append("x", 2)),
            transaction(2, .committed, 40, 50, .read("x", [2, 1]))
        )
        #expect(stale?.name == "stale read, against the order of time")
    }
}
