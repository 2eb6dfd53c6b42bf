/// Writes records of one collection as canonical JSON objects, without a tree in between: as ``RowJSON/tree(_:of:)``
/// printed prettily, byte for byte.
///
/// A codec that sets its fields in schema order writes them here at once; others go through a ``Row``.
final class RowJSONWriter {
    let collection: CollectionSchema
    private let level: Int
    /// A place of its own, made and unmade with this object: a field of a class is asked, at every change, whether someone
    /// else changes it too, which takes as long as the field. The writer is of one task; it is not `Sendable`.
    private let state: UnsafeMutablePointer<State>

    /// Prepares to write records at a level of indentation.
    init(_ collection: CollectionSchema, level: Int) {
        self.collection = collection
        self.level = level
        state = .allocate(capacity: 1)
        state.initialize(to: State(collection, level: level))
    }

    deinit {
        state.deinitialize(count: 1)
        state.deallocate()
    }

    /// Makes room, once some records were written, for a number of them of that size.
    func expect(_ count: Int, after written: Int) {
        state.pointee.sink.expect(count / written * state.pointee.sink.byteCount)
    }

    /// Appends bytes as they are.
    func append(_ bytes: [UInt8]) { state.pointee.sink.append(bytes) }

    /// All that was written, in order.
    func finish() -> [UInt8] { state.pointee.sink.takeAll() }

    /// Appends a record, every value checked.
    ///
    /// - Throws: as ``RecordSchema/checkedRow(of:)``; and `corrupt` when a nested value is no JSON.
    func append<Record>(_ record: Record, _ schema: RecordSchema<Record>) throws {
        let start = state.pointee.sink.byteCount
        var writer = RowWriter(writingTo: self)
        state.pointee.begin()
        if (try? schema.codec.encode(record, &writer)) != nil, state.pointee.finish() { return }
        // In another order, or with something wrong in it: the row tells which.
        state.pointee.sink.drop(from: start)
        try append(try schema.checkedRow(of: record))
    }

    /// Appends a row.
    ///
    /// - Throws: `corrupt` when a nested value or the unknown members are no JSON.
    func append(_ row: Row) throws {
        state.pointee.begin()
        for position in row.values.indices { try put(position, row.values[position]) }
        if let unknown = row.unknown, case .object(let object) = try JSON(parsing: unknown) {
            for member in object.members {
                state.pointee.openMember(member.key)
                append(member.value)
            }
        }
        state.pointee.close()
    }

    // MARK: Fields, as a codec sets them

    func set(_ field: Int, _ text: String) { state.pointee.set(field, text) }
    func set(_ field: Int, _ time: Timestamp) { state.pointee.set(field, time) }
    func set(_ field: Int, _ value: Bool) { state.pointee.set(field, value) }

    func set(_ field: Int, _ value: Value) {
        switch value {
        case .null: return
        case .text(let text): state.pointee.set(field, text)
        case .time(let time): state.pointee.set(field, time)
        case .bool(let value): state.pointee.set(field, value)
        default:
            guard value.fieldType == collection.layout.types[field], (try? put(field, value)) != nil,
                !collection.layout.indexable.contains(field) || (try? value.checkIndexable()) != nil
            else { return state.pointee.fail() }
        }
    }

    private func put(_ field: Int, _ value: Value) throws {
        switch value {
        case .null: return
        case .text(let text): state.pointee.put(field, text)
        case .json(let text):
            guard state.pointee.open(field) else { return }
            append(try JSON(parsing: try collection.fields[field].canonical?(text) ?? text))
        case .bool(let value):
            guard state.pointee.open(field) else { return }
            state.pointee.sink.append(value)
        case .int(let value):
            guard state.pointee.open(field) else { return }
            var digits = String(value)
            digits.withUTF8 { state.pointee.sink.append($0) }
        case let value:
            guard state.pointee.open(field) else { return }
            var bytes: [UInt8] = []
            FieldJSON.append(value, to: &bytes)
            state.pointee.sink.append(bytes)
        }
    }

    private func append(_ tree: JSON) {
        var bytes: [UInt8] = []
        JSONWriter.appendPretty(tree, level: level + 1, to: &bytes)
        state.pointee.sink.append(bytes)
    }
}

extension RowJSONWriter {
    /// What changes while a record is written.
    private struct State: ~Copyable {
        /// What is known of a field.
        private struct Plan {
            /// What stands before its value, were it not the first: a comma, the line break, the indentation, the key and
            /// the colon.
            let opening: Range<Int>
            let type: FieldType
            let isRequired: Bool
            /// The most bytes of text that it holds.
            let mostBytes: Int
        }

        var sink = ByteSink()
        private let openings: [UInt8]
        private let plans: [Plan]
        private let line: [UInt8]
        private let closing: [UInt8]
        /// The next field that may come, and how many required ones have.
        private var next = 0
        private var requiredCount = 0
        private let allRequired: Int
        private var isEmpty = true
        private var hasFailed = false

        init(_ collection: CollectionSchema, level: Int) {
            var line: [UInt8] = []
            JSONWriter.appendLine(level + 1, to: &line)
            var openings: [UInt8] = []
            let layout = collection.layout
            plans = collection.fields.indices.map { position in
                let start = openings.count
                openings.append(UInt8(ascii: ","))
                openings += line
                JSONWriter.append(collection.fields[position].name, to: &openings)
                openings += ": ".utf8
                return Plan(
                    opening: start..<openings.count,
                    type: layout.types[position],
                    isRequired: !layout.isOptional[position],
                    mostBytes: layout.indexable.contains(position) ? Value.maximumIndexedBytes : .max
                )
            }
            var closing: [UInt8] = []
            JSONWriter.appendLine(level, to: &closing)
            closing.append(UInt8(ascii: "}"))
            self.openings = openings
            self.line = line
            self.closing = closing
            allRequired = layout.isOptional.count { !$0 }
        }

        mutating func begin() {
            next = 0
            requiredCount = 0
            isEmpty = true
            hasFailed = false
        }

        mutating func fail() { hasFailed = true }

        /// Begins a field; false when it does not follow the one before in schema order.
        mutating func open(_ field: Int) -> Bool {
            guard field >= next, field < plans.count else {
                hasFailed = true
                return false
            }
            next = field &+ 1
            if plans[field].isRequired { requiredCount &+= 1 }
            let opening = plans[field].opening
            openings.withUnsafeBufferPointer {
                sink.append(UnsafeBufferPointer(rebasing: $0[opening]), startingWith: mark())
            }
            return true
        }

        private mutating func mark() -> UInt8 {
            defer { isEmpty = false }
            return isEmpty ? UInt8(ascii: "{") : UInt8(ascii: ",")
        }

        mutating func openMember(_ key: String) {
            sink.append(mark())
            sink.append(line)
            sink.append(quoted: key)
            sink.append(UInt8(ascii: ":"))
            sink.append(UInt8(ascii: " "))
        }

        /// Sets a field to text that has not been checked.
        mutating func set(_ field: Int, _ text: String) {
            guard open(field), plans[field].type == .text, text.utf8.count <= plans[field].mostBytes else {
                return fail()
            }
            if !sink.append(quoted: text) { hasFailed = true }
        }

        /// Sets a field to text that has been checked.
        mutating func put(_ field: Int, _ text: String) { if open(field) { sink.append(quoted: text) } }

        mutating func set(_ field: Int, _ time: Timestamp) {
            guard open(field), plans[field].type == .time else { return fail() }
            sink.append(quoted: time)
        }

        mutating func set(_ field: Int, _ value: Bool) {
            guard open(field), plans[field].type == .bool else { return fail() }
            sink.append(value)
        }

        /// Ends a record whose fields were set; false when one was set out of order or to something wrong, or is missing.
        mutating func finish() -> Bool {
            guard !hasFailed, requiredCount == allRequired else { return false }
            close()
            return true
        }

        mutating func close() {
            if isEmpty {
                sink.append(UInt8(ascii: "{"))
                sink.append(UInt8(ascii: "}"))
            } else {
                sink.append(closing)
            }
        }
    }
}
