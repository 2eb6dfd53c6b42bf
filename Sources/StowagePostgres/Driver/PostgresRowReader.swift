#if Postgres
internal import FoundationEssentials
internal import Stowage
internal import StowageSQL

/// Reads a row straight from libpq's memory; one reader serves all rows of an answer.
///
/// The types of the columns are checked before the first row: a table that was changed since it was opened is `corrupt`,
/// never misread.
final class PostgresRowReader: RowReader {
    private let table: PostgresTable
    private let includesUnknown: Bool
    /// The values of the row at hand. Memory of the reader's own, and no array: an array that a class holds is checked
    /// for exclusive use at every value.
    private let cells: UnsafeMutableBufferPointer<PostgresCell>
    private let isJSONB: [Bool]

    init(_ types: [PostgresType], of table: PostgresTable, includingUnknown: Bool) throws {
        self.table = table
        includesUnknown = includingUnknown
        cells = .allocate(capacity: types.count)
        cells.initialize(repeating: .null)
        isJSONB = types.map { $0 == .jsonb }
        for (position, field) in table.schema.fields.enumerated() {
            guard position < types.count, types[position].holds(field.type) else { throw mismatch(position) }
        }
    }

    deinit { cells.deallocate() }

    /// The value of a column.
    private func cell(_ column: Int) -> PostgresCell {
        precondition(cells.indices.contains(column))
        return cells[column]
    }

    /// Takes a row up. It must stay where it is until the next one.
    func load(_ row: PostgresRow) {
        for column in cells.indices { cells[column] = row.cell(column) }
    }

    /// Takes up a row of a COPY. It must stay where it is until the next one.
    func load(copied row: UnsafeRawBufferPointer) throws {
        guard PostgresCopyFormat.read(row, into: cells) else {
            throw StorageError(.corrupt, "the database sent a row that is not of its own format")
        }
    }

    func isNull(_ field: Int) -> Bool { cell(field).isNull }

    func bool(_ field: Int) throws -> Bool {
        guard let value = cell(field).bool else { throw mismatch(field) }
        return value
    }

    func int(_ field: Int) throws -> Int64 {
        guard let value = cell(field).int8 else { throw mismatch(field) }
        return value
    }

    func text(_ field: Int) throws -> String {
        let cell = cell(field)
        if cell.isNull { throw mismatch(field) }
        guard let text = cell.text(isJSONB: isJSONB[field]) else {
            throw StorageError(.corrupt, "a stored text is not UTF-8")
                .inField(field < table.schema.fields.count ? table.schema.fields[field].name : nil)
        }
        return text
    }

    func json(_ field: Int) throws -> String { try text(field) }

    /// The server has seen to it that text is UTF-8; the types were checked before the first row.
    func withUTF8(_ field: Int, as type: FieldType, _ body: (UnsafeBufferPointer<UInt8>) throws -> Void) throws {
        if cell(field).isNull { throw mismatch(field) }
        try body(cell(field).utf8(isJSONB: isJSONB[field]))
    }

    func double(_ field: Int) throws -> Double {
        guard let number = cell(field).float8 else { throw mismatch(field) }
        guard number.isFinite else { throw unreadable(field, "a stored number is not finite") }
        return number
    }

    func time(_ field: Int) throws -> Timestamp {
        guard let microseconds = cell(field).timestamptz else { throw mismatch(field) }
        guard Timestamp.isValid(microseconds: microseconds) else {
            throw unreadable(field, "a stored time is outside the years 0001 to 9999")
        }
        return Timestamp(uncheckedMicroseconds: microseconds)
    }

    func value(_ field: Int, as type: FieldType) throws -> Value {
        switch type {
        case .bool: .bool(try bool(field))
        case .int: .int(try int(field))
        case .double: .double(try double(field))
        case .text: .text(try text(field))
        case .json: .json(try text(field))
        case .time: .time(try time(field))
        case .data: .data(try data(field))
        case .uuid: .uuid(try uuid(field))
        case .decimal: .decimal(try decimal(field))
        }
    }

    private func data(_ field: Int) throws -> Data {
        if cell(field).isNull { throw mismatch(field) }
        return Data(cell(field).bytes)
    }

    private func uuid(_ field: Int) throws -> UUID {
        let bytes = cell(field).bytes
        guard bytes.count == 16 else { throw mismatch(field) }
        return UUID(uuid: bytes.loadUnaligned(as: uuid_t.self))
    }

    private func decimal(_ field: Int) throws -> Decimal {
        guard let text = cell(field).numeric else { throw mismatch(field) }
        // `Decimal` would round what has more digits.
        let digits = text.utf8.filter { $0 != UInt8(ascii: "-") && $0 != UInt8(ascii: ".") }
        let significant = digits.drop { $0 == UInt8(ascii: "0") }.reversed().drop { $0 == UInt8(ascii: "0") }
        guard significant.count <= 38, let number = SQLDecimal.number(text) else {
            throw unreadable(field, "a stored decimal number has more than 38 digits")
        }
        return number
    }

    private func mismatch(_ field: Int) -> StorageError {
        unreadable(field, "a stored value is not of the type \(table.schema.fields[field].type)")
    }

    private func unreadable(_ field: Int, _ message: String) -> StorageError {
        StorageError(.corrupt, message).inField(table.schema.fields[field].name)
    }

    // MARK: What the schema does not know

    /// The unknown members, then the foreign columns as members: numbers and truth values as they are, all others by
    /// their text form; null is left out.
    func unknownMembers() throws -> String? {
        guard includesUnknown else { return nil }
        var column = table.schema.fields.count
        var stored: String?
        if table.table.keepsUnknown {
            if !cell(column).isNull { stored = try text(column) }
            column += 1
        }
        if table.table.foreignColumns.isEmpty { return stored }
        let foreign = try foreignMembers(from: column)
        guard let stored else { return foreign }
        guard let foreign else { return stored }
        guard let both = SQLJSON.overlay(foreign, on: stored) else {
            throw StorageError(.corrupt, "the unknown members of a record are not a JSON object")
        }
        return both
    }

    private func foreignMembers(from first: Int) throws -> String? {
        var members: [SQLJSON.Member] = []
        for (number, name) in table.table.foreignColumns.enumerated() where !cell(first + number).isNull {
            let text = try text(first + number)
            var value = ""
            if table.foreignLiterals.contains(number), Self.isLiteral(text) {
                value = text
            } else {
                SQLJSON.string(text, into: &value)
            }
            members.append(SQLJSON.Member(name: name, value: value))
        }
        return SQLJSON.object(members)
    }

    /// Whether a number or a truth value is one in JSON too, which has no infinity.
    private static func isLiteral(_ text: String) -> Bool {
        text == "true" || text == "false" || text.utf8.last.map { (0x30...0x39).contains($0) } ?? false
    }
}
#endif
