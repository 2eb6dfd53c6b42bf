internal import Stowage
internal import Synchronization

extension Reading {
    /// The same records in the same order as ``pages(of:size:)``, as the bytes of their checksum alone.
    func contents(of collection: CollectionSchema, size: Int = 2000) async throws -> ContentPages {
        ContentPages(try await cursor(of: collection), collection, size, limit)
    }
}

/// Stored records page by page, for those who only compare: no value is made of them.
struct ContentPages: Sendable {
    struct Page: Sendable {
        var content = ContentBytes()
        var count = 0
        /// Whether every record could be read.
        var isReadable = true
    }

    private let cursor: any DriverCursor
    private let collection: CollectionSchema
    private let size: Int
    private let limit: Duration

    init(_ cursor: any DriverCursor, _ collection: CollectionSchema, _ size: Int, _ limit: Duration) {
        self.cursor = cursor
        self.collection = collection
        self.size = size
        self.limit = limit
    }

    /// Reads the next page while the body works on the one before.
    func forEach(_ body: (Page) async throws -> Void) async throws {
        do {
            var (page, isLast) = try await next()
            while true {
                if isLast {
                    try await body(page)
                    break
                }
                let current = page
                async let ahead = next()
                try await body(current)
                (page, isLast) = try await ahead
            }
            await cursor.close()
        } catch {
            await cursor.close()
            throw error
        }
    }

    private func next() async throws -> (Page, isLast: Bool) {
        if Task.isCancelled { throw StorageError.cancelledTask }
        let page = PageBox()
        let mayHaveMore = try await cursor.next(size, until: .after(limit)) { [collection] row in
            page.value.withLock { page in
                do {
                    try page.content.append(row, of: collection)
                    page.count += 1
                } catch {
                    page.isReadable = false
                }
            }
        }
        return (page.value.withLock { $0 }, !mayHaveMore)
    }

    /// A page that a row handler fills.
    private final class PageBox: Sendable {
        let value = Mutex(Page())
    }
}
