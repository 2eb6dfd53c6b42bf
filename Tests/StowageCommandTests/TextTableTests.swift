import Stowage
import StowageCommand
import Testing

@Suite struct TextTableTests {
    @Test func columnsAreAligned() {
        var table = TextTable(["name", "task"])
        table.add(["a", "1"])
        table.add(["名前", "2"])
        table.add(["e\u{301}e", "3"])
        #expect(table.text == "NAME  TASK\na     1\n名前  2\ne\u{301}e    3")
        #expect(TextTable([]).text == "")
    }

    @Test func nothingStoredDrivesATerminal() {
        #expect(TextTable.printable("a\u{1b}[2J\n\u{202e}b") == #"a\u{1B}[2J\n\u{202E}b"#)
        #expect(TextTable.printable("náïve 名 👍") == "náïve 名 👍")
    }

    @Test func secretsOfARecordAreMasked() throws {
        struct Account: StorageRecord {
            var id: String
            var pin: String
            var login: [String: String]
            static let collection = "accounts"
            static var fields: [Field<Account>] {
                Field("id", \.id).identifier()
                Field("pin", \.pin).secret()
                Field("login", \.login).secret("token")
            }
        }
        let record = try JSON(parsing: #"{"id":"a","pin":"1234","login":{"user":"u","token":"hunter2"},"x":1.50}"#)
        let text = RecordText.lines(record, of: try Account.schema.collection)
        #expect(text == "id     a\npin    ****\nlogin  {\"user\":\"u\",\"token\":\"****\"}\nx      1.50")
    }
}
