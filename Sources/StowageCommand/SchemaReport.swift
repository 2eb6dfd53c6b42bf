internal import Stowage

// A schema's status for people and for machines.
extension SchemaStatus {
    /// How many differences people get to read.
    private static var longestList: Int { 50 }

    /// The end of a command that found drift.
    var drift: CommandFailure {
        CommandFailure(
            status: StorageError.Code.schemaMismatch.exitStatus,
            "the live schema differs from its migrations",
            advice: "Undo what another program changed, or write a migration that says it"
        )
    }

    /// Names what has drifted on standard output, and ends the command.
    func requireNoDrift() throws {
        let found = differences.filter(\.isDrift)
        if found.isEmpty { return }
        try StandardStreams.print(lines(of: found).joined(separator: "\n"))
        throw drift
    }

    private func lines(of differences: [SchemaDifference]) -> [String] {
        var lines = differences.prefix(Self.longestList).map { difference in
            let how = difference.isDrift ? "differs" : difference.kind == .foreignRule ? "note" : "keeps"
            return "\(how): \(TextTable.printable(difference.description))"
        }
        if differences.count > Self.longestList {
            lines.append("and \(differences.count - Self.longestList) more differences; status --json names all")
        }
        return lines
    }

    func json(at location: String) -> JSON {
        var object = JSONObject()
        object["location"] = .string(location)
        object["upToDate"] = .bool(isUpToDate)
        object["version"] = .number(JSONNumber(version))
        object["applied"] = .array(history.map(\.json))
        if let adoptable { object["adoptable"] = .number(JSONNumber(adoptable)) }
        object["pending"] = .array(pending.map(\.json))
        if let refusal { object["refusal"] = .string(refusal.inWords) }
        object["differences"] = .array(
            differences.map { difference in
                var object = JSONObject()
                object["kind"] = .string(difference.kind.rawValue)
                object["drift"] = .bool(difference.isDrift)
                object["collection"] = .string(difference.collection)
                object["name"] = difference.name.map(JSON.string)
                object["detail"] = difference.detail.map(JSON.string)
                return .object(object)
            }
        )
        return .object(object)
    }

    func text(at location: String) -> String {
        var table = TextTable(["number", "name", "state", "when", "took", "by", "checksum"])
        for migration in history {
            table.add([
                String(migration.number), migration.name, migration.isAdopted ? "adopted" : "applied",
                migration.appliedAt.description, "\(migration.milliseconds) ms", migration.appliedBy,
                String(migration.checksum.prefix(12)),
            ])
        }
        for migration in pending {
            table.add([
                String(migration.number), migration.name, "pending", "", "", "", String(migration.checksum.prefix(12)),
            ])
        }
        var lines = ["store  \(TextTable.printable(location))"]
        if let adoptable {
            lines.append("The store was made without migrations, and has the schema of migration \(adoptable).")
        }
        if !history.isEmpty || !pending.isEmpty { lines.append(table.text) }
        if let refusal { lines.append("refused: \(TextTable.printable(refusal.inWords))") }
        lines += self.lines(of: differences)
        if isUpToDate { lines.append("up to date") }
        return lines.joined(separator: "\n")
    }
}

extension StorageError {
    /// Damage with its record and its place; what else refuses a store says all in its message.
    fileprivate var inWords: String { code == .corrupt || code == .invalidValue ? advising(nil).description : message }
}

extension KnownMigration {
    var json: JSON {
        var object = JSONObject()
        object["number"] = .number(JSONNumber(number))
        object["name"] = .string(name)
        object["checksum"] = .string(checksum)
        return .object(object)
    }
}

extension AppliedMigration {
    var json: JSON {
        var object = JSONObject()
        object["number"] = .number(JSONNumber(number))
        object["name"] = .string(name)
        object["checksum"] = .string(checksum)
        object["appliedAt"] = .string(appliedAt.description)
        object["milliseconds"] = .number(JSONNumber(Int(milliseconds)))
        object["appliedBy"] = .string(appliedBy)
        object["adopted"] = .bool(isAdopted)
        return .object(object)
    }
}
