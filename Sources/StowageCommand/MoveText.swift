internal import Stowage
internal import StowageMigration

/// Plans and reports for people.
enum MoveText {
    static func plan(_ plan: MovePlan) -> String {
        var table = TextTable([])
        table.add(["source", place(plan.source)])
        table.add(["target", place(plan.target)])
        table.add(["target holds", plan.targetState.description])
        table.add(["records", "\(plan.records)"])
        table.add(["size", "about \(plan.estimatedBytes) bytes"])
        table.add(["digest", plan.digest])
        let state = plan.stateMembers.isEmpty ? "none" : plan.stateMembers.joined(separator: ", ")
        let stays = plan.stateMembers.isEmpty || plan.takesState ? "" : "; the target keeps its own"
        table.add(["state", state + stays])
        let unknown = plan.unknownMembers.sorted { $0.key < $1.key }.map { "\($0.key) (\($0.value))" }
        table.add([
            "no field for", unknown.isEmpty ? "nothing" : unknown.joined(separator: ", ") + "; kept beside the fields",
        ])
        if let last = plan.lastMove { table.add(["last move", last.description]) }
        if let merge = plan.merge {
            let counts = "\(merge.written) written, \(merge.skipped) skipped, \(merge.replaced) replaced"
            table.add([
                "merge",
                merge.common.isEmpty ? counts : "refused: both stores have \(Counted.text(merge.common.count, "id"))",
            ])
        }
        table.add(["cannot go", plan.refusals.isEmpty ? "nothing" : MoveRefused.count(plan.refusals)])
        var lines = [table.text] + plan.warnings.map { "warning: " + TextTable.printable($0) }
        if let obstacle = plan.obstacle { lines.append("refused: " + TextTable.printable(obstacle.message)) }
        lines += bounded(plan.refusals.map(\.description) + (plan.merge?.common.map(StorageError.quoted) ?? []))
        return lines.joined(separator: "\n")
    }

    /// Lines about single records: all of them, but on a terminal no more than a person reads.
    private static func bounded(_ lines: [String]) -> [String] {
        let shown = StandardStreams.outputIsTerminal ? lines.prefix(ErrorReport.linesOnTerminal) : lines[...]
        let rest = lines.count - shown.count
        return shown.map { "  " + TextTable.printable($0) } + (rest > 0 ? ["  and \(rest) more; --json names all"] : [])
    }

    static func report(_ report: MoveReport) -> String {
        if let verdict = report.verdict {
            return "the move had been finished\n" + Self.verdict(verdict, isMerge: report.state == .kept)
                + retired(report)
        }
        return
            "\(report.read) read, \(report.written) written, \(report.verified) verified, \(report.skipped) skipped, "
            + "\(report.replaced) replaced" + "\nstate: \(state(report.state))" + retired(report)
    }

    private static func state(_ outcome: StateOutcome) -> String {
        switch outcome {
        case .none: "the source has none"
        case .copied: "copied"
        case .same: "the target had the same"
        case .kept: "the target kept its own, and the source's stayed behind"
        }
    }

    private static func retired(_ report: MoveReport) -> String {
        report.retired.map { "\nthe source is now \(TextTable.printable($0.description))" } ?? ""
    }

    static func verdict(_ verdict: MoveVerdict, isMerge: Bool = false) -> String {
        let total = Counted.text(verdict.total, "difference")
        let state =
            switch verdict.state {
            case .none: "none"
            case .same: "the same"
            case .different: "different" + (isMerge ? ": the target kept its own" : "")
            }
        var lines = ["\(verdict.read) read, \(verdict.verified) verified, \(total)", "state: \(state)"]
        if verdict.kept > 0 {
            let keeps = Counted.text(verdict.kept, "record keeps", plural: "records keep")
            lines.append("\(keeps) unknown members that only the target knows, as a merge leaves them")
        }
        lines += verdict.differences.map { "  " + TextTable.printable($0.description) }
        if verdict.total > verdict.differences.count {
            lines.append("  and \(verdict.total - verdict.differences.count) more")
        }
        return lines.joined(separator: "\n")
    }

    static func rollback(_ report: RollbackReport) -> String {
        let gone = report.gone.count
        let counts = "\(report.removed) removed, \(report.restored) restored, \(report.changed.count) changed since"
        let lines = [counts + (gone == 0 ? "" : ", \(Counted.text(gone, "was", plural: "were")) gone")]
        return
            (lines
            + (report.changed + report.gone.map { "\($0) (gone)" }).map {
                "  " + TextTable.printable(StorageError.shortened($0))
            }).joined(separator: "\n")
    }

    private static func place(_ location: StorageLocation) -> String { "\(location.backend) \(location.description)" }
}

/// Plans and reports for programs.
enum MoveJSON {
    static func plan(_ plan: MovePlan) -> JSON {
        var object = JSONObject()
        object["source"] = place(plan.source)
        object["target"] = place(plan.target)
        object["records"] = number(plan.records)
        object["estimatedBytes"] = number(plan.estimatedBytes)
        object["digest"] = .string(plan.digest)
        object["targetState"] = .string(plan.targetState.description)
        var unknown = JSONObject()
        for (name, count) in plan.unknownMembers.sorted(by: { $0.key < $1.key }) { unknown[name] = number(count) }
        object["unknownMembers"] = .object(unknown)
        object["stateMembers"] = .array(plan.stateMembers.map(JSON.string))
        object["takesState"] = .bool(plan.takesState)
        object["refusals"] = .array(plan.refusals.map(refusal))
        object["warnings"] = .array(plan.warnings.map(JSON.string))
        if let merge = plan.merge {
            var counts = JSONObject()
            counts["written"] = number(merge.written)
            counts["skipped"] = number(merge.skipped)
            counts["replaced"] = number(merge.replaced)
            counts["common"] = .array(merge.common.map(JSON.string))
            object["merge"] = .object(counts)
        }
        if let last = plan.lastMove { object["lastMove"] = move(last) }
        if let obstacle = plan.obstacle {
            var reason = JSONObject()
            reason["code"] = .string(obstacle.code.description)
            reason["message"] = .string(obstacle.message)
            object["obstacle"] = .object(reason)
        }
        return .object(object)
    }

    /// A move that was not done.
    static func refused(_ error: MoveRefused) -> JSON {
        var object = JSONObject()
        object["code"] = .string(error.code.description)
        object["message"] = .string(error.message)
        object["refusals"] = .array(error.refusals.map(refusal))
        return .object(object)
    }

    static func move(_ move: PastMove) -> JSON {
        var object = JSONObject()
        object["phase"] = .string(move.phase.rawValue)
        object["source"] = .string(move.source)
        object["records"] = number(move.records)
        object["merge"] = move.merge.map { .string($0.rawValue) } ?? .null
        object["startedAt"] = .string(move.startedAt.description)
        object["formerRecords"] = number(move.formerRecords)
        return .object(object)
    }

    static func report(_ report: MoveReport) -> JSON {
        var object = JSONObject()
        object["source"] = place(report.source)
        object["target"] = place(report.target)
        object["read"] = number(report.read)
        object["written"] = number(report.written)
        object["verified"] = number(report.verified)
        object["skipped"] = number(report.skipped)
        object["replaced"] = number(report.replaced)
        object["state"] = .string(report.state.rawValue)
        object["resumedAfter"] = number(report.resumedAfter)
        object["digest"] = .string(report.digest)
        if let verdict = report.verdict {
            object["differences"] = .array(verdict.differences.map(difference))
            object["total"] = number(verdict.total)
        }
        if let retired = report.retired { object["retired"] = place(retired) }
        return .object(object)
    }

    static func verdict(_ verdict: MoveVerdict) -> JSON {
        var object = JSONObject()
        object["read"] = number(verdict.read)
        object["verified"] = number(verdict.verified)
        object["differences"] = .array(verdict.differences.map(difference))
        object["total"] = number(verdict.total)
        object["kept"] = number(verdict.kept)
        object["state"] = .string(verdict.state.rawValue)
        return .object(object)
    }

    static func rollback(_ report: RollbackReport) -> JSON {
        var object = JSONObject()
        object["removed"] = number(report.removed)
        object["restored"] = number(report.restored)
        object["changed"] = .array(report.changed.map(JSON.string))
        object["gone"] = .array(report.gone.map(JSON.string))
        return .object(object)
    }

    private static func difference(_ difference: RecordDifference) -> JSON {
        var object = JSONObject()
        object["id"] = difference.id.map(JSON.string) ?? .null
        object["field"] = difference.field.map(JSON.string) ?? .null
        object["kind"] = .string(difference.kind)
        return .object(object)
    }

    private static func refusal(_ refusal: MoveRefused.Refusal) -> JSON {
        var object = JSONObject()
        object["subject"] = .string(refusal.subject.rawValue)
        object["id"] = refusal.id.map(JSON.string) ?? .null
        object["field"] = refusal.field.map(JSON.string) ?? .null
        object["line"] = refusal.place?.line.map(number) ?? .null
        object["byte"] = refusal.place?.byteOffset.map(number) ?? .null
        object["table"] = refusal.place?.table.map(JSON.string) ?? .null
        object["row"] = refusal.place?.row.map(number) ?? .null
        object["reason"] = .string(refusal.reason)
        return .object(object)
    }

    private static func place(_ location: StorageLocation) -> JSON {
        var object = JSONObject()
        object["backend"] = .string(location.backend)
        object["location"] = .string(location.description)
        return .object(object)
    }

    private static func number(_ value: some FixedWidthInteger) -> JSON { .number(JSONNumber(value)) }
}
