internal import Stowage

/// Walks through two stores in key order at once, so that each record meets its counterpart (a merge join).
struct RecordJoin {
    enum Step: Sendable {
        case both(Row, Row)
        case onlyInSource(Row)
        case onlyInTarget(Row)
        /// A record of the target that cannot be read.
        case unreadable(StorageError)
    }

    let collection: CollectionSchema
    let source: RecordPages
    let target: RecordPages

    func forEach(_ body: (Step) async throws -> Void) async throws {
        do {
            var (left, right) = (Feed(source), Feed(target))
            while true {
                try await left.fill()
                try await right.fill()
                if let damage = left.damages.first { throw damage }
                for damage in right.takeDamages() { try await body(.unreadable(damage)) }
                switch (left.first, right.first) {
                case (nil, nil):
                    if left.isOver, right.isOver { return }
                case (let row?, nil):
                    if right.isOver {
                        left.drop()
                        try await body(.onlyInSource(row))
                    }
                case (nil, let row?):
                    if left.isOver {
                        right.drop()
                        try await body(.onlyInTarget(row))
                    }
                case (let mine?, let theirs?):
                    switch collection.key(of: mine.values).compare(collection.key(of: theirs.values)) {
                    case .same:
                        left.drop()
                        right.drop()
                        try await body(.both(mine, theirs))
                    case .ascending:
                        left.drop()
                        try await body(.onlyInSource(mine))
                    case .descending:
                        right.drop()
                        try await body(.onlyInTarget(theirs))
                    }
                }
            }
        } catch {
            await source.close()
            await target.close()
            throw error
        }
    }

    /// The rows of one side, a page at a time.
    private struct Feed {
        let pages: RecordPages
        private var rows: [Row] = []
        private var position = 0
        private(set) var damages: [StorageError] = []
        private(set) var isOver = false

        init(_ pages: RecordPages) { self.pages = pages }

        var first: Row? { position < rows.count ? rows[position] : nil }
        mutating func drop() { position += 1 }

        mutating func fill() async throws {
            guard position == rows.count, !isOver else { return }
            guard let page = try await pages.next() else {
                isOver = true
                return
            }
            (rows, damages, position) = (page.rows, page.damages, 0)
        }

        mutating func takeDamages() -> [StorageError] {
            defer { damages = [] }
            return damages
        }
    }
}
