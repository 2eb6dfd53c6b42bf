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

    /// The files of a store with one session, or of none.
    private func files(_ disk: FaultyDisk, filled: Bool) throws -> [String: Data] {
        try disk.reset(to: [:])
        if filled { #expect(try disk.run("session", "create", "one", "--repo-name", "r").status == 0) }
        return try disk.files()
    }

    @Test(arguments: ["json", "sqlite"], [true, false])
    func thePowerGoesAtEveryChange(_ backend: String, _ filled: Bool) throws {
        let disk = try FaultyDisk(backend)
        defer { disk.remove() }
        let before = try files(disk, filled: filled)
        let old = filled ? ["one"] : []
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

    @Test(arguments: ["json", "sqlite"], ["EIO", "ENOSPC", "short"])
    func everyChangeFailsOnce(_ backend: String, _ kind: String) throws {
        let disk = try FaultyDisk(backend)
        defer { disk.remove() }
        let before = try files(disk, filled: true)
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
}
