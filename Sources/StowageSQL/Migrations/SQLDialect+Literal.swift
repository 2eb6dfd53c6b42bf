internal import FoundationEssentials
internal import Stowage

extension SQLDialect {
    /// A value as it stands in the text of a migration: a default, written by the app's author. Records never come here.
    ///
    /// - Throws: `configuration` for a double whose digits an engine might not read back to the bit.
    func literal(_ value: Value) throws -> String {
        let isPostgres = self is PostgresDialect
        switch value {
        case .null: return "NULL"
        case .bool(let value): return isPostgres ? (value ? "TRUE" : "FALSE") : (value ? "1" : "0")
        case .int(let number): return number == .min ? "(-9223372036854775807 - 1)" : String(number)
        case .double(let number): return try literal(number, isPostgres)
        case .decimal(let number):
            return isPostgres ? SQLDecimal.text(of: number) : textLiteral(SQLDecimal.text(of: number))
        case .text(let text), .json(let text): return textLiteral(text, isPostgres)
        case .uuid(let uuid): return textLiteral(uuid.uuidString.lowercased())
        case .time(let time): return textLiteral(SQLTime.text(of: time))
        case .data(let data):
            let digits = Array("0123456789abcdef".utf8)
            let hex = String(decoding: data.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
            return isPostgres ? "'\\x\(hex)'::bytea" : "x'\(hex)'"
        }
    }

    private func literal(_ number: Double, _ isPostgres: Bool) throws -> String {
        let text = number.description
        if isPostgres { return "'\(text)'::double precision" }
        // SQLite reads up to fifteen digits exactly.
        let digits = text.utf8.filter { (0x30...0x39).contains($0) }.count
        guard digits <= 15, number.magnitude < 1e15, number == 0 || number.magnitude > 1e-9,
            number.sign == .plus || number != 0
        else {
            throw StorageError(
                .configuration,
                "a default has more digits than SQL keeps to the bit",
                advice: "Add the field as an optional one, and fill it by a transform"
            )
        }
        return text
    }

    private func textLiteral(_ text: String, _ isPostgres: Bool = false) -> String {
        // `E''` has one meaning, whatever standard_conforming_strings says.
        var quoted = ""
        var isEscaped = false
        for scalar in text.unicodeScalars {
            if scalar == "'" { quoted.unicodeScalars.append(scalar) }
            if scalar == "\\", isPostgres {
                quoted.unicodeScalars.append(scalar)
                isEscaped = true
            }
            quoted.unicodeScalars.append(scalar)
        }
        return (isEscaped ? "E'" : "'") + quoted + "'"
    }
}
