/// Members of a stored JSON object that the schema does not name, as compact JSON object text (REC-9).
package enum UnknownMembers {
    /// New members laid over stored ones: those of one name are replaced where they stand, others follow.
    ///
    /// - Returns: The object's text, or nil when there are no members.
    package static func laying(_ new: String?, over old: String?) throws -> String? {
        guard let old else { return new }
        guard let new else { return old }
        return try JSON.layingMembers(ofText: new, overText: old)
    }
}
