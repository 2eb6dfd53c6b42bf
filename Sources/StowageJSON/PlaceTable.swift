internal import Stowage

/// A hash table whose elements are numbers of places; what stands at them, the caller compares.
///
/// Open addressing with linear probing (Knuth, TAOCP 3, 6.4, algorithm L), at most half full. Half of a slot is the
/// place, the other half its hash, so that strangers are hardly ever compared and growing asks for nothing.
struct PlaceTable: Sendable {
    /// The hash in the upper half, one more than the place in the lower; 0 for an empty slot.
    private var slots = [UInt64](repeating: 0, count: 16)
    private var count = 0

    /// The place that is the same as the one asked for.
    func place(_ hash: UInt32, where isSame: (Int) throws -> Bool) rethrows -> Int? {
        var index = Int(hash) & (slots.count &- 1)
        while slots[index] != 0 {
            let (other, place) = Self.parts(slots[index])
            if other == hash, try isSame(place) { return place }
            index = (index &+ 1) & (slots.count &- 1)
        }
        return nil
    }

    /// Adds a place, of which the table has no equal.
    mutating func insert(_ place: Int, _ hash: UInt32) {
        if 2 &* (count &+ 1) > slots.count { grow() }
        put(UInt64(hash) << 32 | UInt64(place &+ 1))
        count &+= 1
    }

    private static func parts(_ slot: UInt64) -> (hash: UInt32, place: Int) {
        (UInt32(truncatingIfNeeded: slot >> 32), Int(slot & 0xffff_ffff) &- 1)
    }

    private mutating func put(_ slot: UInt64) {
        var index = Int(slot >> 32) & (slots.count &- 1)
        while slots[index] != 0 { index = (index &+ 1) & (slots.count &- 1) }
        slots[index] = slot
    }

    private mutating func grow() {
        precondition(slots.count < 1 << 33, "a table holds at most 4,294,967,294 places")
        let old = slots
        slots = Array(repeating: 0, count: 2 &* old.count)
        for slot in old where slot != 0 { put(slot) }
    }
}

extension PlaceTable {
    /// The hash of a text, of another seed in every process: whoever writes ids cannot know which collide.
    static func hash(utf8 text: UnsafeRawBufferPointer) -> UInt32 {
        var hasher = Hasher()
        hasher.combine(bytes: text)
        return UInt32(truncatingIfNeeded: hasher.finalize())
    }

    /// The hash of a key; that of its text when it is one text.
    static func hash(_ key: Key) -> UInt32 {
        guard key.values.count == 1, case .text(var text) = key.values[0] else { return hash(key.values) }
        return text.withUTF8 { hash(utf8: UnsafeRawBufferPointer($0)) }
    }

    /// The hash of the values of an index.
    static func hash(_ values: [Value]) -> UInt32 {
        var hasher = Hasher()
        hasher.combine(values)
        return UInt32(truncatingIfNeeded: hasher.finalize())
    }
}
