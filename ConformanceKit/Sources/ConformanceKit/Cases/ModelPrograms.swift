internal import Stowage

// Seeded random programs, run in step on memory and on the adapter.
extension ConformanceCases {
    static let modelPrograms: [ConformanceCase] = [
        ConformanceCase("rec.model.programs", ["REC-1", "REC-2", "REC-3", "REC-4", "REC-5", "REC-6", "REC-8"]) {
            check in
            var run = ModelRun(check, .records, programs: 40)
            try await run.run()
        },
        ConformanceCase("qry.model.programs", ["QRY-1", "QRY-2", "QRY-3", "QRY-4", "QRY-5", "QRY-6", "QRY-9"]) {
            check in
            var run = ModelRun(check, .queries, programs: 40)
            try await run.run()
        },
        ConformanceCase("sta.model.programs", ["STA-1", "QRY-9"], capability: .transactions) { check in
            var run = ModelRun(check, .state, programs: 30)
            try await run.run()
        },
        ConformanceCase("txn.model.programs", ["TXN-1", "TXN-2", "REC-7", "REC-6"], capability: .transactions) {
            check in
            var run = ModelRun(check, .transactions, programs: 40)
            try await run.run()
        },
    ]
}
