/// A value under construction: a finished one, or one whose container may still be written to.
///
/// A type may hold several containers of one encoder and fill them in turn, so text cannot be written straight away.
enum JSONEncodingSlot {
    case value(JSON)
    case node(JSONEncodingNode)

    func tree() throws(StorageError) -> JSON {
        switch self {
        case .value(let value): value
        case .node(let node): try node.tree()
        }
    }
}

/// The shared state of an encoder and its containers.
final class JSONEncodingNode {
    private enum Content {
        case empty
        case single(JSONEncodingSlot)
        case array([JSONEncodingSlot])
        case object([(key: String, slot: JSONEncodingSlot)])
    }

    private var content = Content.empty
    /// Where each key stands, once there are too many to compare one by one.
    private var positions: [ByteText: Int] = [:]
    /// What went wrong in a call that cannot throw, such as asking for a container; ``tree()`` throws it.
    private var failure: StorageError?

    private static let fewKeys = 16
    private static var mixed: StorageError {
        StorageError(.invalidValue, "a type encodes itself in containers of two kinds")
    }

    func fail(_ error: StorageError) { failure = failure ?? error }

    var count: Int {
        if case .array(let slots) = content { slots.count } else { 0 }
    }

    func becomeObject() {
        switch content {
        case .empty: content = .object([])
        case .object: break
        default: fail(Self.mixed)
        }
    }

    func becomeArray() {
        switch content {
        case .empty: content = .array([])
        case .array: break
        default: fail(Self.mixed)
        }
    }

    func setSingle(_ slot: JSONEncodingSlot) {
        if case .empty = content { content = .single(slot) } else { fail(Self.mixed) }
    }

    func append(_ slot: JSONEncodingSlot) {
        guard case .array(var slots) = content else { return fail(Self.mixed) }
        // Emptied first, so that the array is uniquely owned and grows in place.
        content = .empty
        slots.append(slot)
        content = .array(slots)
    }

    /// Sets a member; a key encoded twice keeps its first place and takes the last value.
    func set(_ key: String, _ slot: JSONEncodingSlot) {
        guard case .object(var members) = content else { return fail(Self.mixed) }
        content = .empty
        if let index = position(of: key, in: members) {
            members[index].slot = slot
        } else {
            members.append((key, slot))
            if members.count == Self.fewKeys {
                for (index, member) in members.enumerated() { positions[ByteText(member.key)] = index }
            } else if members.count > Self.fewKeys {
                positions[ByteText(key)] = members.count - 1
            }
        }
        content = .object(members)
    }

    private func position(of key: String, in members: [(key: String, slot: JSONEncodingSlot)]) -> Int? {
        let key = ByteText(key)
        if members.count >= Self.fewKeys { return positions[key] }
        return members.firstIndex { ByteText($0.key) == key }
    }

    func tree() throws(StorageError) -> JSON {
        if let failure { throw failure }
        switch content {
        case .empty:
            return .object(JSONObject())
        case .single(let slot):
            return try slot.tree()
        case .array(let slots):
            var elements: [JSON] = []
            elements.reserveCapacity(slots.count)
            for slot in slots { elements.append(try slot.tree()) }
            return .array(elements)
        case .object(let slots):
            var members: [JSONObject.Member] = []
            members.reserveCapacity(slots.count)
            for (key, slot) in slots { members.append(JSONObject.Member(key: key, value: try slot.tree())) }
            return .object(JSONObject(distinct: members))
        }
    }
}
