extension Query {
    /// Sorts by a further field, given by its stored name: for programs whose users name it.
    ///
    /// - Throws: `invalidArgument` for a name that is no field, listing those that can be sorted by.
    public func sort(
        named name: String,
        _ direction: SortDirection = .ascending,
        nils: NilPlacement? = nil
    ) throws -> Query {
        let fields = try Record.schema.fields
        guard let field = fields.first(where: { TextOrder.equal($0.name, name) && $0.type != .json }) else {
            let names = fields.filter { $0.type != .json }.map(\.name).joined(separator: ", ")
            throw StorageError(
                .invalidArgument,
                "\(StorageError.quoted(name)) is no field to sort by",
                advice: "The fields are: \(names)"
            )
        }
        return sort(field.keyPath, direction, nils: nils)
    }
}
