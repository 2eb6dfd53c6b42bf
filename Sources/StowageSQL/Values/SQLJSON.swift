internal import Stowage

/// The JSON that SQL adapters write: lists for large `IN`s, and objects of unknown members. Read by the core's parser.
package enum SQLJSON {
    /// A text as a JSON string.
    package static func string(_ text: String, into json: inout String) {
        var bytes: [UInt8] = []
        JSONWriter.append(text, to: &bytes)
        json += String(decoding: bytes, as: UTF8.self)
    }

    /// Lays one object's members over another's: those of the same name are replaced in place, others appended.
    ///
    /// Nil when either is no JSON object.
    package static func overlay(_ new: String, on old: String) -> String? {
        try? JSON.layingMembers(ofText: new, overText: old)
    }

    /// A member of an object: its name, and its value as JSON text.
    package struct Member {
        package var name: String
        package var value: String
        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// An object of members; nil when there are none.
    package static func object(_ members: [Member]) -> String? {
        if members.isEmpty { return nil }
        var json = "{"
        for (number, member) in members.enumerated() {
            if number > 0 { json += "," }
            string(member.name, into: &json)
            json += ":" + member.value
        }
        return json + "}"
    }
}
