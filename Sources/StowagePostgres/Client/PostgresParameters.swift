#if Postgres
internal import CLibPQ
internal import Stowage

/// A value to be sent beside a statement, never inside its text.
package enum PostgresParameter: Sendable {
    /// Nothing. Name the type where the same statement also runs with values: it is then prepared once.
    case null(PostgresType = .unknown)
    case bool(Bool)
    case int8(Int64)
    case float8(Double)
    case text(String)
    case bytea([UInt8])
    /// The sixteen bytes in the order in which they are written.
    case uuid([UInt8])
    /// Microseconds since 1970.
    case timestamptz(Int64)
    /// A decimal number as text.
    case numeric(String)
    /// A JSON document as text; for a `jsonb` column write `$1::jsonb`.
    case json(String)
    /// An array of one dimension, for `= ANY($1)` and `unnest($1)`. Its elements have the given type or are null;
    /// numeric has no array form.
    case array(PostgresType, [PostgresParameter])
    case int8Array([Int64])
    case textArray([String])
}

/// A statement's values in Postgres' binary format, in one buffer.
package struct PostgresParameters: Sendable, ExpressibleByArrayLiteral {
    struct Item: Sendable {
        var offset: Int
        /// Negative for null.
        var length: Int32
        var isText: Bool
    }

    private(set) var types: [UInt32] = []
    private(set) var items: [Item] = []
    private(set) var bytes: [UInt8] = []
    /// Why the values cannot be sent, found while they were encoded.
    private(set) var problem: StorageError?

    /// No values.
    package init() {}

    /// These values, in order.
    package init(_ values: [PostgresParameter]) {
        types.reserveCapacity(values.count)
        items.reserveCapacity(values.count)
        for value in values { append(value) }
    }

    /// These values, in order.
    package init(arrayLiteral elements: PostgresParameter...) { self.init(elements) }

    /// The values that several have in each place, as arrays. They are of the same types, and ``isGatherable``.
    init(arraysOf members: [PostgresParameters]) {
        guard let first = members.first else { return }
        bytes.reserveCapacity(members.reduce(0) { $0 + $1.bytes.count + 4 * $1.count } + 20 * first.count)
        for place in first.items.indices {
            let start = bytes.count
            let array = encodeArray(of: PostgresType(oid: first.types[place]), count: members.count, hasNulls: false) {
                for member in members {
                    let item = member.items[place]
                    $0.append(bigEndian: item.length)
                    $0.bytes.append(contentsOf: member.bytes[item.offset..<item.offset + Int(item.length)])
                }
            }
            types.append(array.oid)
            items.append(Item(offset: start, length: Int32(clamping: bytes.count - start), isText: false))
        }
    }

    /// Whether these values can be elements of arrays in binary format.
    var isGatherable: Bool {
        problem == nil && items.allSatisfy { $0.length >= 0 && !$0.isText }
    }

    /// The number of values.
    package var count: Int { items.count }

    /// Adds a value; it becomes `$n` with `n` the new count.
    package mutating func append(_ value: PostgresParameter) {
        if case .null(let type) = value {
            types.append(type.oid)
            items.append(Item(offset: 0, length: -1, isText: false))
            return
        }
        let start = bytes.count
        let type = encode(value)
        types.append(type.oid)
        // libpq ignores the length of a value in text format and looks for the zero byte.
        let isText = type == .numeric
        items.append(Item(offset: start, length: Int32(clamping: bytes.count - start), isText: isText))
        if isText { bytes.append(0) }
        if bytes.count - start > 1_000_000_000 {
            problem = problem ?? StorageError(.invalidValue, "a value is larger than Postgres' limit of 1 GB")
        }
    }

    /// Appends a value that is not null in the format in which it is sent, and says its type.
    private mutating func encode(_ value: PostgresParameter) -> PostgresType {
        switch value {
        case .null(let type):
            return type
        case .bool(let value):
            bytes.append(value ? 1 : 0)
            return .bool
        case .int8(let value):
            append(bigEndian: value)
            return .int8
        case .float8(let value):
            append(bigEndian: value.bitPattern)
            return .float8
        case .text(let value):
            bytes.append(contentsOf: value.utf8)
            return .text
        case .json(let value):
            bytes.append(contentsOf: value.utf8)
            return .json
        case .bytea(let value):
            bytes.append(contentsOf: value)
            return .bytea
        case .uuid(let value):
            if value.count != 16 { problem = problem ?? StorageError(.invalidArgument, "a UUID has sixteen bytes") }
            bytes.append(contentsOf: value)
            return .uuid
        case .timestamptz(let microseconds):
            append(bigEndian: timestamp(microseconds))
            return .timestamptz
        case .numeric(let value):
            // A zero byte would silently end the text.
            if value.utf8.contains(0) { problem = problem ?? StorageError(.invalidValue, "a number contains U+0000") }
            bytes.append(contentsOf: value.utf8)
            return .numeric
        case .array(let type, let elements):
            return encodeArray(of: type, count: elements.count, hasNulls: elements.contains(where: \.isNull)) {
                $0.encode(elements: elements, of: type)
            }
        case .int8Array(let values):
            return encodeArray(of: .int8, count: values.count, hasNulls: false) { parameters in
                parameters.bytes.reserveCapacity(parameters.bytes.count + 12 * values.count)
                for value in values {
                    parameters.append(bigEndian: Int32(8))
                    parameters.append(bigEndian: value)
                }
            }
        case .textArray(let values):
            return encodeArray(of: .text, count: values.count, hasNulls: false) { parameters in
                for value in values {
                    parameters.append(bigEndian: Int32(clamping: value.utf8.count))
                    parameters.bytes.append(contentsOf: value.utf8)
                }
            }
        }
    }

    /// The binary format of arrays: dimensions, whether nulls occur, the element type, then size and lower bound of
    /// each dimension, then the elements with their lengths (`src/backend/utils/adt/arrayfuncs.c`, `array_recv`).
    private mutating func encodeArray(
        of type: PostgresType,
        count: Int,
        hasNulls: Bool,
        _ elements: (inout PostgresParameters) -> Void
    ) -> PostgresType {
        guard let array = type.array else {
            problem = problem ?? StorageError(.invalidArgument, "this type cannot be sent as an array")
            return .unknown
        }
        append(bigEndian: Int32(count == 0 ? 0 : 1))
        append(bigEndian: Int32(hasNulls ? 1 : 0))
        append(bigEndian: type.oid)
        guard count > 0 else { return array }
        append(bigEndian: Int32(clamping: count))
        append(bigEndian: Int32(1))
        elements(&self)
        return array
    }

    private mutating func encode(elements: [PostgresParameter], of type: PostgresType) {
        for element in elements {
            let lengthAt = bytes.count
            append(bigEndian: Int32(-1))
            if element.isNull { continue }
            let start = bytes.count
            if encode(element) != type {
                problem =
                    problem ?? StorageError(.invalidArgument, "an array's element has another type than the array")
            }
            withUnsafeBytes(of: Int32(clamping: bytes.count - start).bigEndian) { length in
                for (index, byte) in length.enumerated() { bytes[lengthAt + index] = byte }
            }
        }
    }

    private mutating func timestamp(_ microseconds: Int64) -> Int64 {
        let (value, overflows) = microseconds.subtractingReportingOverflow(microsecondsFrom1970To2000)
        if overflows { problem = problem ?? StorageError(.invalidValue, "a moment is outside Postgres' range") }
        return value
    }

    private mutating func append(bigEndian value: some FixedWidthInteger) {
        withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
    }
}

extension PostgresParameter {
    var isNull: Bool {
        if case .null = self { true } else { false }
    }
}

extension PostgresParameters {
    /// Lends the values as the parallel arrays that libpq takes.
    func withCArrays<Answer>(
        _ body: (
            Int32, UnsafePointer<UnsafePointer<CChar>?>?, UnsafePointer<Int32>?, UnsafePointer<Int32>?
        ) -> Answer
    ) -> Answer {
        guard !items.isEmpty else { return body(0, nil, nil, nil) }
        return bytes.withUnsafeBytes { buffer in
            withUnsafeTemporaryAllocation(of: UnsafePointer<CChar>?.self, capacity: items.count) { values in
                withUnsafeTemporaryAllocation(of: Int32.self, capacity: 2 * items.count) { numbers in
                    // An empty buffer has no address, but a null address would mean a null value.
                    let base = buffer.baseAddress ?? Self.somewhere
                    for (index, item) in items.enumerated() {
                        let address = (base + item.offset).assumingMemoryBound(to: CChar.self)
                        values.initializeElement(at: index, to: item.length < 0 ? nil : address)
                        numbers.initializeElement(at: index, to: max(item.length, 0))
                        numbers.initializeElement(at: items.count + index, to: item.isText ? 0 : 1)
                    }
                    return body(
                        Int32(items.count),
                        UnsafePointer(values.baseAddress),
                        UnsafePointer(numbers.baseAddress),
                        numbers.baseAddress.map { UnsafePointer($0 + items.count) }
                    )
                }
            }
        }
    }

    /// An address that is never read: it goes with a length of zero.
    private static var somewhere: UnsafeRawPointer { UnsafeRawPointer(bitPattern: 1).unsafelyUnwrapped }
}
#endif
