/// One operation on the record of one key, as its client saw it.
struct RegisterOperation: Sendable, Equatable, Codable, CustomStringConvertible {
    /// What was asked. Every written value is written once.
    enum Call: Sendable, Equatable, Codable {
        case create(Int)
        case upsert(Int)
        case update(Int)
        case delete
        case get
    }

    /// What came back.
    enum Answer: Sendable, Equatable, Codable {
        /// Whether a write found what it needs: no record for a create, one for an update or a delete.
        case done(Bool)
        /// What a get returned; nil for no record.
        case value(Int?)
        /// Nobody knows whether the operation happened.
        case unknown
    }

    var client: Int
    var key: String
    var call: Call
    var answer: Answer
    /// When it was called, by ``MonotonicClock``.
    var invoked: UInt64
    /// When it returned.
    var returned: UInt64

    /// Whether it leaves the record as it is.
    var isRead: Bool { call == .get || answer == .done(false) }

    /// The record's value after the operation on a record with this value; nil when its answer is impossible there.
    func applied(to value: Int?) -> Int?? {
        switch (call, answer) {
        case (.get, .value(let found)): return found == value ? .some(value) : nil
        case (.get, _): return .some(value)
        case (.create(let new), .unknown): return .some(value ?? new)
        case (.create(let new), .done(let wasDone)):
            return wasDone == (value == nil) ? .some(wasDone ? new : value) : nil
        case (.upsert(let new), _): return .some(new)
        case (.update(let new), .unknown): return .some(value == nil ? nil : new)
        case (.update(let new), .done(let wasDone)):
            return wasDone == (value != nil) ? .some(wasDone ? new : nil) : nil
        case (.delete, .done(let wasDone)): return wasDone == (value != nil) ? .some(nil) : nil
        case (.delete, _): return .some(nil)
        case (.create, .value), (.update, .value): return nil
        }
    }

    /// `client 2: update k1 to 7 -> done(true) [1200, 3400]`.
    var description: String {
        "client \(client): \(call) of \(key.debugDescription) gave \(answer) [\(invoked), \(returned)]"
    }
}
