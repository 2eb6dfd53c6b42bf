public import ArgumentParser
internal import Stowage
internal import StowageMigration

/// `migrate`: moves the records of one store into another, with proof.
public struct StorageMigrateCommand<App: StorageApp>: AsyncParsableCommand {
    /// The name and the help.
    public static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "migrate",
            abstract: "Move all records from one store into another, every field verified.",
            discussion: """
                A location is a backend's name, whose place the configuration gives, or a URL: json:PATH, sqlite:PATH, \
                postgres://USER@HOST/DATABASE. The source is opened for reading only. Records become visible in the \
                target when all of them have been written and compared, and not before.

                  … migrate --from json --to sqlite:~/sessions.db --dry-run
                  … migrate --from json --to sqlite:~/sessions.db
                  … migrate --from json --to sqlite:~/sessions.db --resume     after an interruption
                  … migrate --from json --to sqlite:~/sessions.db --rollback   undo it
                  … migrate --from json --to sqlite:~/sessions.db --retire     and rename the source to ….migrated
                  … migrate --from json --to sqlite:~/sessions.db --settle     accept it: nothing is kept to undo it

                A merge keeps the records that it replaces, secrets too, in the target, so that it can be rolled back. \
                They are removed by --rollback, --settle and --retire, by the next move into the target, and by a \
                restore of a backup; until then --dry-run and schema status say that they are there.

                The exit status is 0 when every record arrived, 65 when records of the source cannot go (all are named), \
                66 for an absent source, 73 for a target that holds records, 75 for an unfinished move, 1 for differences. \
                --dry-run ends as the move would, as far as reading can tell.
                """
        )
    }

    @OptionGroup var places: MovePlaces
    @Flag(help: "Print the plan and write nothing.")
    var dryRun = false
    @Flag(help: "Go on with an interrupted move; verify a finished one.")
    var resume = false
    @Flag(help: "Undo the last move from this source: remove what it wrote, and only that.")
    var rollback = false
    @Flag(help: "Accept the last move from this source: remove what is kept to undo it.")
    var settle = false
    @Flag(help: "Rename the source to ….migrated once everything is verified.")
    var retire = false
    @Option(
        help: ArgumentHelp(
            "Move into a target with records: what to do with ids that both have.",
            valueName: "fail|skip|replace"
        )
    )
    var merge: ImportConflict?
    @Option(help: ArgumentHelp("Records in one transaction, with one checkpoint.", valueName: "count"))
    var batchSize = 5000
    @Flag(help: "Print one JSON object.")
    var json = false

    /// Made by the parser.
    public init() {}

    /// Refuses options that contradict each other.
    public func validate() throws {
        if batchSize < 1 { throw ValidationError("--batch-size takes a number from 1 on.") }
        if rollback, dryRun || resume || retire || merge != nil {
            throw ValidationError("--rollback stands alone: it undoes a move, and does nothing else.")
        }
        if settle, dryRun || resume || retire || rollback || merge != nil {
            throw ValidationError("--settle stands alone: it accepts a move, and does nothing else.")
        }
        if retire, merge == .skip {
            throw ValidationError("--retire does not go with --merge skip: skipped records would be in no store.")
        }
    }

    /// Moves, or does what the options say instead.
    public func run() async throws {
        let options = MoveOptions(batchSize: batchSize, merge: merge, resumes: resume, retires: retire)
        try await places.withMove(App.self, options) { move in
            let progress = ProgressLine()
            defer { progress.clear() }
            if rollback { return try rolledBack(try await move.rollBack()) }
            if settle { return try settled(try await move.settle()) }
            if dryRun {
                let plan = try await move.plan { progress.show($0) }
                progress.clear()
                return try planned(plan)
            }
            do {
                let report = try await move.run { progress.show($0) }
                progress.clear()
                try moved(report)
            } catch let refused as MoveRefused {
                progress.clear()
                if json { try JSONOutput.print(MoveJSON.refused(refused)) }
                throw refused
            }
        }
    }

    private func planned(_ plan: MovePlan) throws {
        try json ? JSONOutput.print(MoveJSON.plan(plan)) : StandardStreams.print(MoveText.plan(plan))
        // In the order in which the move itself would find them.
        if let obstacle = plan.obstacle {
            throw CommandFailure(
                status: obstacle.code.exitStatus,
                "the move would be refused: \(obstacle.message)",
                advice: obstacle.advice
            )
        }
        if !plan.refusals.isEmpty {
            throw CommandFailure(
                status: StorageError.Code.corrupt.exitStatus,
                "the move would be refused, as the plan shows: \(MoveRefused.count(plan.refusals)), first "
                    + TextTable.printable(plan.refusals[0].description),
                advice: "Correct what is named, and plan again"
            )
        }
    }

    private func settled(_ report: SettleReport) throws {
        if json {
            var object = JSONObject()
            object["forgotten"] = .number(JSONNumber(report.forgotten))
            return try JSONOutput.print(.object(object))
        }
        try StandardStreams.print(
            "the move is settled; "
                + (report.forgotten == 0
                    ? "no replaced record was kept"
                    : Counted.text(report.forgotten, "replaced record was", plural: "replaced records were")
                        + " kept, and \(report.forgotten == 1 ? "is" : "are") not any more")
        )
    }

    private func moved(_ report: MoveReport) throws {
        try json ? JSONOutput.print(MoveJSON.report(report)) : StandardStreams.print(MoveText.report(report))
        if let verdict = report.verdict, !verdict.isEqual { throw MovePlaces.differ(verdict) }
    }

    private func rolledBack(_ report: RollbackReport) throws {
        try json ? JSONOutput.print(MoveJSON.rollback(report)) : StandardStreams.print(MoveText.rollback(report))
        if !report.changed.isEmpty {
            throw CommandFailure(
                status: ExitStatus.no,
                Counted.text(
                    report.changed.count,
                    "record was changed since the move and stays as it is",
                    plural: "records were changed since the move and stay as they are"
                ),
                advice: "Decide about each, by its id above"
            )
        }
    }
}

/// `verify`: compares every field of every record of two stores.
public struct StorageVerifyCommand<App: StorageApp>: AsyncParsableCommand {
    /// The name and the help.
    public static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "verify",
            abstract: "Compare two stores, every field of every record.",
            discussion: """
                Both stores are opened for reading only. Differences are named by record and field, without any value. \
                The exit status is 0 when the stores hold the same, and 1 when they differ.

                  … verify --from json --to sqlite:~/sessions.db
                """
        )
    }

    @OptionGroup var places: MovePlaces
    @Option(help: ArgumentHelp("List at most so many differences; all are counted.", valueName: "count"))
    var limit = 1000
    @Flag(help: "Print one JSON object.")
    var json = false

    /// Made by the parser.
    public init() {}

    /// Refuses a limit that makes no sense.
    public func validate() throws {
        if limit < 0 { throw ValidationError("--limit takes a number from 0 on.") }
    }

    /// Compares.
    public func run() async throws {
        try await places.withMove(App.self, MoveOptions(differenceLimit: limit), writing: false) { move in
            let progress = ProgressLine()
            defer { progress.clear() }
            let verdict = try await move.verify { progress.show($0) }
            progress.clear()
            try json ? JSONOutput.print(MoveJSON.verdict(verdict)) : StandardStreams.print(MoveText.verdict(verdict))
            if !verdict.isEqual { throw MovePlaces.differ(verdict) }
        }
    }
}

/// The two stores of a command.
struct MovePlaces: ParsableArguments {
    @Option(help: ArgumentHelp("The store whose records are taken.", valueName: "location"))
    var from: String
    @Option(help: ArgumentHelp("The store into which they go.", valueName: "location"))
    var to: String

    /// Runs a body with the move between the stores, and closes both.
    func withMove<App: StorageApp>(
        _ app: App.Type,
        _ options: MoveOptions,
        writing: Bool = true,
        _ body: (StorageMigration<App.Record, App.State>) async throws -> Void
    ) async throws {
        let (factory, place) = (App.factory, to)
        let target = try factory.database(at: place, access: writing ? .readWrite : .readOnly)
        if writing, !target.driver.capabilities.contains(.durability) {
            throw CommandFailure(
                status: ExitStatus.usage,
                "the target \(target.driver.location.backend) keeps nothing: it is gone when the command ends",
                advice: "Name a target that is on a disk or a server"
            )
        }
        let examining: @Sendable () throws -> StorageDatabase = { try factory.database(at: place, access: .readOnly) }
        let move = try StorageMigration<App.Record, App.State>(
            from: try factory.database(at: from, access: .readOnly),
            to: target,
            examining: writing ? examining : nil,
            options: options
        )
        do {
            try await body(move)
        } catch {
            // The first error is the one to tell.
            try? await move.close()
            throw error
        }
        try await move.close()
    }

    static func differ(_ verdict: MoveVerdict) -> CommandFailure {
        CommandFailure(
            status: ExitStatus.no,
            "the stores differ in \(Counted.text(verdict.total, "place"))"
        )
    }
}
