import Foundation

/// `docs/Benchmarks.md`, from the results.
struct Markdown {
    var results: Results

    var text: String {
        """
        # Benchmarks

        Written by `scripts/bench`; do not edit. Each row is measured beside its peer in one run: ours and the peer's in
        turn, in alternating order, after one round that is not counted. The ratio is the median over the pairs of ours
        divided by the peer's. Ratios matter, not absolutes.

        | | |
        |---|---|
        | machine | \(results.machine.processor), \(results.machine.cores) cores, \(results.machine.memoryGB) GB |
        | system | \(results.machine.system) |
        | engines | SQLite \(results.machine.sqlite), \(results.machine.postgres) |
        | measured | \(results.machine.date) |

        The record has ten columns: the identifier, two texts, a time, and six optional fields; two secondary indexes.
        Peers run at the same durability unless the row says otherwise.

        ## Beside peers

        \(beside(results.results.filter { kind($0) == .peers }))

        ## Cost as work grows

        The time of one operation in microseconds, and how much it is of the time in a store of 1,000 records.

        \(growth)

        A lookup, an indexed query and a page reached by its token walk one more level of a B-tree for each hundredfold
        of records. A larger store also leaves the processor's caches, and SQLite's page cache of 8 MB. Counting reads
        every entry of an index in SQLite and Postgres: its cost is that of the table. A JSON file is written whole by
        each commit, and a query looks at every record; both grow with the file. In the journal mode a commit is as large
        as what it changes; with it comes now and then the folding of a journal that has outgrown its file.

        ## The price of safety

        The same work at a weaker level, beside the default. Choose a weaker level by its name, knowing what it gives up.

        \(beside(results.results.filter { kind($0) == .safety }))

        ## What each side does

        \(details)

        """
    }

    private enum Kind { case peers, growth, safety }

    private func kind(_ row: RowResult) -> Kind {
        if row.name.hasPrefix("safety.") { return .safety }
        return row.name.contains(".time.") ? .growth : .peers
    }

    private func beside(_ rows: [RowResult]) -> String {
        var lines = ["| row | ours | peer | peer's | ratio |", "|---|---:|---|---:|---:|"]
        for row in rows {
            for peer in row.peers {
                lines.append(
                    "| `\(row.name)` | \(amount(median(row.runs), row.unit)) | \(peer.name) | "
                        + "\(amount(median(peer.runs), peer.unit)) | \(number(row.ratio(to: peer))) |"
                )
            }
        }
        return lines.joined(separator: "\n")
    }

    private var growth: String {
        let sizes = ["1k", "10k", "100k", "1M"]
        var lines = ["| operation | \(sizes.joined(separator: " | ")) |", "|---|---:|---:|---:|---:|"]
        var operations: [String] = []
        var cells: [String: [String: String]] = [:]
        for row in results.results where kind(row) == .growth {
            guard let range = row.name.range(of: ".time."), let peer = row.peers.first else { continue }
            let operation = String(row.name[..<range.lowerBound])
            if !operations.contains(operation) { operations.append(operation) }
            cells[operation, default: [:]]["1k"] = number(median(peer.runs))
            cells[operation, default: [:]][String(row.name[range.upperBound...])] =
                "\(number(median(row.runs))) (×\(number(row.ratio(to: peer))))"
        }
        for operation in operations {
            let row = sizes.map { cells[operation]?[$0] ?? "" }.joined(separator: " | ")
            lines.append("| `\(operation)` | \(row) |")
        }
        return lines.joined(separator: "\n")
    }

    private var details: String {
        results.results.filter { kind($0) != .growth }.map { row in
            var lines = ["- `\(row.name)`: \(row.what)."]
            for peer in row.peers { lines.append("  - \(peer.name): \(peer.what).") }
            return lines.joined(separator: "\n")
        }.joined(separator: "\n")
    }

    private func amount(_ value: Double, _ unit: String) -> String {
        unit == "bytes" ? "\(number(value / 1_048_576)) MB" : "\(number(value)) \(unit)"
    }

    /// Three digits that count, with thousands apart.
    private func number(_ value: Double) -> String {
        guard value.isFinite else { return "–" }
        if value >= 100 {
            var digits = String(Int(value.rounded()))
            var parts: [String] = []
            while digits.count > 3 {
                parts.insert(String(digits.suffix(3)), at: 0)
                digits.removeLast(3)
            }
            return ([digits] + parts).joined(separator: ",")
        }
        return value >= 10 ? String(format: "%.1f", value) : String(format: "%.2f", value)
    }
}
