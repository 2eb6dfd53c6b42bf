import Foundation
import Testing

/// DUR-1, DUR-2, DUR-3: every single change to a file fails once, and the power goes at every one of them.
@Suite struct DiskTests {
    private static let old = #"{"session":"one"#

    /// The names of the stored sessions; nil, with an issue, when the store cannot be read.
    private func stored(_ disk: FaultyDisk, _ comment: String) throws -> [String]? {
        let listing = try disk.run("session", "list", "--json")
        guard listing.status == 0,
            let records = try JSONSerialization.jsonObject(with: Data(listing.output.utf8)) as? [Any]
        else {
            Issue.record("\(comment): the store cannot be read: \(listing.status) \(listing.errors)")
            return nil
        }
        return records.compactMap { ($0 as? [String: Any])?["session"] as? String }
    }

    /// What is there before the program runs.
    enum Start: String { case empty, filled, unfolded }

    /// The files of a store with one session, or of none; unfolded is one whose session stands in a journal.
    private func files(_ disk: FaultyDisk, _ start: Start) throws -> [String: Data] {
        try disk.reset(to: [:])
        guard start != .empty else { return try disk.files() }
        let isCounted = start == .unfolded
        #expect(try disk.run("session", "create", "one", "--repo-name", "r", counting: isCounted).status == 0)
        guard isCounted else { return try disk.files() }
        // The power goes at the last change that leaves a journal with the session.
        for number in stride(from: try disk.count(), to: 0, by: -1) {
            try disk.reset(to: [:])
            let fault = FaultyDisk.Fault(number: number, kind: "cut")
            _ = try disk.run("session", "create", "one", "--repo-name", "r", fault: fault)
            let files = try disk.files()
            let holders = files.filter { $0.value.range(of: Data("one".utf8)) != nil }.keys
            if holders.elementsEqual(["sessions.json.journal"]) { return files }
        }
        throw CocoaError(.fileNoSuchFile)
    }

    @Test(
        arguments: [
            ("json", .empty), ("json", .filled), ("sqlite", .empty), ("sqlite", .filled), ("journal", .empty),
            ("journal", .filled), ("journal", .unfolded),
        ] as [(String, Start)]
    )
    func thePowerGoesAtEveryChange(_ backend: String, _ start: Start) throws {
        let disk = try FaultyDisk(backend)
        defer { disk.remove() }
        let before = try files(disk, start)
        let old = start == .empty ? [] : ["one"]
        try disk.reset(to: before)
        #expect(try disk.run("session", "create", "two", "--repo-name", "r", counting: true).status == 0)
        let changes = try disk.count()
        #expect(changes > 2)
        var acknowledged = 0
        for number in 1...changes + 1 {
            for survival in FaultyDisk.Survival.allCases {
                try disk.reset(to: before)
                let fault = FaultyDisk.Fault(number: number, kind: "cut")
                let outcome = try disk.run("session", "create", "two", "--repo-name", "r", fault: fault)
                let isAcknowledged = outcome.output.contains("created")
                if isAcknowledged { acknowledged += 1 }
                try disk.survive(survival)
                let comment = "\(fault), \(survival) of the unsynced survives"
                guard let found = try stored(disk, comment) else { continue }
                #expect(found == old + ["two"] || !isAcknowledged && found == old, "\(comment): \(found)")
            }
        }
        #expect(acknowledged >= FaultyDisk.Survival.allCases.count, "the last run meets no fault")
    }

    @Test(
        arguments: [("json", .filled), ("sqlite", .filled), ("journal", .filled), ("journal", .unfolded)]
            as [(String, Start)],
        ["EIO", "ENOSPC", "short"]
    )
    func everyChangeFailsOnce(_ store: (backend: String, start: Start), _ kind: String) throws {
        let disk = try FaultyDisk(store.backend)
        defer { disk.remove() }
        let before = try files(disk, store.start)
        try disk.reset(to: before)
        #expect(try disk.run("session", "create", "two", "--repo-name", "r", counting: true).status == 0)
        for number in 1...(try disk.count()) {
            try disk.reset(to: before)
            let fault = FaultyDisk.Fault(number: number, kind: kind)
            let outcome = try disk.run("session", "create", "two", "--repo-name", "r", fault: fault)
            // A short write is completed, and what only clears up may fail.
            #expect([0, 74].contains(outcome.status), "\(fault): \(outcome.status) \(outcome.errors)")
            guard let found = try stored(disk, "\(fault)") else { continue }
            #expect(found == ["one", "two"] || outcome.status != 0 && found == ["one"], "\(fault): \(found)")
            // Nothing stays behind that keeps the next writer from its work.
            #expect(try disk.run("session", "create", "three", "--repo-name", "r").status == 0, "\(fault)")
        }
    }

    /// The program ends by folding the journal. What the journal was given has to be safe before that begins: it is what
    /// a program that goes on would have been told.
    @Test func whatIsInTheJournalIsSafeBeforeItIsFolded() throws {
        let disk = try FaultyDisk("journal")
        defer { disk.remove() }
        try disk.reset(to: [:])
        #expect(try disk.run("session", "create", "one", "--repo-name", "r", counting: true).status == 0)
        var cuts = 0
        for number in 1...(try disk.count()) {
            try disk.reset(to: [:])
            let fault = FaultyDisk.Fault(number: number, kind: "cut")
            _ = try disk.run("session", "create", "one", "--repo-name", "r", fault: fault)
            let holders = try disk.files().filter { $0.value.range(of: Data("one".utf8)) != nil }.keys
            guard holders.elementsEqual(["sessions.json.journal"]) else { continue }
            cuts += 1
            try disk.survive(.nothing)
            // The power went before the sync of the journal, then before that of its folder, then while it was folded.
            if cuts > 2 { #expect(try stored(disk, "\(fault)") == ["one"], "\(fault)") }
        }
        #expect(cuts > 4)
    }

    /// A relaxed write may be lost itself. What it folds into the file was durable before, and stays so.
    @Test(arguments: ["replace", "journal"])
    func aRelaxedWriteTakesNothingDurableWithIt(_ mode: String) throws {
        var disk = try FaultyDisk("journal")
        defer { disk.remove() }
        let before = try files(disk, .unfolded)
        disk.settings = ["MINSKY_JSON_MODE": mode, "MINSKY_SESSION_DURABILITY": "relaxed"]
        try disk.reset(to: before)
        #expect(try disk.run("session", "create", "two", "--repo-name", "r", counting: true).status == 0)
        for number in 1...(try disk.count()) + 1 {
            try disk.reset(to: before)
            let fault = FaultyDisk.Fault(number: number, kind: "cut")
            _ = try disk.run("session", "create", "two", "--repo-name", "r", fault: fault)
            try disk.survive(.nothing, areRemovalsKept: true)
            let found = try stored(disk, "\(fault)")
            #expect(found?.first == "one", "\(fault): \(found ?? [])")
        }
    }

    /// What could not be made safe is not in the journal afterwards: what others append behind it would be lost with it.
    @Test(arguments: [Start.filled, .unfolded], ["EIO", "ENOSPC"])
    func aFailedWriteLeavesNothingInTheJournal(_ start: Start, _ kind: String) throws {
        let disk = try FaultyDisk("journal")
        defer { disk.remove() }
        let before = try files(disk, start)
        try disk.reset(to: before)
        #expect(try disk.run("session", "create", "two", "--repo-name", "r", counting: true).status == 0)
        var failures = 0
        for number in 1...(try disk.count()) {
            try disk.reset(to: before)
            let fault = FaultyDisk.Fault(number: number, kind: kind)
            let outcome = try disk.run("session", "create", "two", "--repo-name", "r", fault: fault)
            if outcome.status != 0 { failures += 1 }
            let expected = outcome.status == 0 ? ["one", "two"] : ["one"]
            #expect(try stored(disk, "\(fault)") == expected, "\(fault)")
        }
        // The write and its sync at least.
        #expect(failures >= 2)
    }
}
