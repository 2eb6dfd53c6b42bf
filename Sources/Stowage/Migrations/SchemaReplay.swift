/// The collections as migrations leave them, one operation after the other.
struct SchemaReplay {
    private(set) var shapes: [CollectionShape] = []

    init(shapes: [CollectionShape] = []) { self.shapes = shapes }

    /// Applies an operation.
    ///
    /// - Throws: `configuration` when it cannot be done.
    mutating func apply(_ operation: SchemaOperation) throws {
        switch operation {
        case .createCollection(let name, let fields, let namespace): try create(name, fields, namespace)
        case .dropCollection(let name): shapes.remove(at: try index(name))
        case .addField(let field, let name, let value): try add(field, to: name, default: value)
        case .renameField(let field, let name, let new): try rename(field, of: name, to: new)
        case .dropField(let field, let name): try drop(field, of: name)
        case .addIndex(let fields, let name, let isUnique): try addIndex(fields, name, isUnique)
        case .dropIndex(let fields, let name, let isUnique):
            let place = try index(name)
            let wanted = CollectionShape.IndexShape(on: fields, of: name, isUnique: isUnique)
            guard let found = shapes[place].indexes.firstIndex(of: wanted) else {
                throw refusal("\(name) has no index \(wanted.name)")
            }
            shapes[place].indexes.remove(at: found)
        case .changeType(let field, let name, let type): try change(field, of: name, to: type)
        case .makeOptional(let field, let name): try setOptional(true, field, of: name)
        case .makeRequired(let field, let name, let value):
            try setOptional(false, field, of: name)
            guard let shape = shapes.first(where: { $0.isNamed(name) }), let position = shape.position(of: field) else {
                return
            }
            let isUnique = shape.indexes.contains {
                $0.isUnique && $0.fields.count == 1 && TextOrder.equal($0.fields[0], field)
            }
            try check(default: value, of: shape.fields[position], isUnique: isUnique, in: name)
        case .sql(_, _, let transform):
            if let transform { _ = try index(transform.collection) }
        case .transform(let transform): _ = try index(transform.collection)
        }
    }

    private func refusal(_ message: String) -> StorageError { StorageError(.configuration, message) }

    private func index(_ name: String) throws -> Int {
        guard let index = shapes.firstIndex(where: { $0.isNamed(name) }) else {
            throw refusal("there is no collection \(name)")
        }
        return index
    }

    private func position(_ field: String, of place: Int) throws -> Int {
        guard let position = shapes[place].position(of: field) else {
            throw refusal("\(shapes[place].name) has no field \(field)")
        }
        return position
    }

    private mutating func create(_ name: String, _ fields: [MigrationField], _ namespace: String?) throws {
        if shapes.contains(where: { $0.isNamed(name) }) { throw refusal("there is a collection \(name) already") }
        try SchemaNames.check(collection: name)
        guard fields.contains(where: \.isIdentifier) else { throw refusal("\(name) has no identifier") }
        for field in fields where field.isIdentifier && (field.isOptional || field.type == .json) {
            throw refusal("the identifier \(field.name) of \(name) is optional or nested")
        }
        var shape = CollectionShape(name: name, namespace: namespace, fields: [], indexes: [])
        let isSoleKey = fields.filter(\.isIdentifier).count == 1
        for field in fields { try shape.append(field, isSoleKey: field.isIdentifier && isSoleKey) }
        try SchemaNames.check(fields: shape.fields.map(\.name), of: name)
        shapes.append(shape)
        try checkIndexNames()
    }

    private mutating func add(_ field: MigrationField, to name: String, default value: Value?) throws {
        let place = try index(name)
        if field.isIdentifier { throw refusal("an identifier cannot be added to \(name): its records have none") }
        if value == nil, !field.isOptional {
            throw refusal("the required field \(field.name) of \(name) has no default")
        }
        let shape = CollectionShape.FieldShape(
            name: field.name,
            type: field.type,
            isOptional: field.isOptional,
            isIdentifier: false
        )
        try check(default: value, of: shape, isUnique: field.isUnique, in: name)
        try shapes[place].append(field)
        try SchemaNames.check(fields: shapes[place].fields.map(\.name), of: name)
        try checkIndexNames()
    }

    private func check(
        default value: Value?,
        of field: CollectionShape.FieldShape,
        isUnique: Bool,
        in name: String
    ) throws {
        guard let value else { return }
        let problem: String? =
            switch value {
            case _ where value.fieldType != field.type: "is no \(field.type)"
            case .text(let text) where text.utf8.contains(0), .json(let text) where text.utf8.contains(0): "has U+0000"
            case .json(let text):
                switch try? JSON(parsing: text) {
                case nil: "is no JSON"
                case .some(.null) where !field.isOptional: "is null"
                default: nil
                }
            case .double(let number) where !number.isFinite: "is not finite"
            default: nil
            }
        if let problem { throw refusal("the default of \(field.name) of \(name) \(problem)") }
        if isUnique { throw refusal("a unique field cannot have one default for all records") }
    }

    private mutating func setOptional(_ isOptional: Bool, _ field: String, of name: String) throws {
        let place = try index(name)
        let position = try position(field, of: place)
        let old = shapes[place].fields[position]
        if old.isIdentifier { throw refusal("\(field) identifies the records of \(name), and is always required") }
        if old.isOptional == isOptional {
            throw refusal("the field \(field) of \(name) is \(isOptional ? "optional" : "required") already")
        }
        shapes[place].fields[position].isOptional = isOptional
    }

    private mutating func rename(_ field: String, of name: String, to new: String) throws {
        let place = try index(name)
        let position = try position(field, of: place)
        shapes[place].fields[position].name = new
        try SchemaNames.check(fields: shapes[place].fields.map(\.name), of: name)
        shapes[place].indexes = shapes[place].indexes.map { index in
            guard index.fields.contains(where: { TextOrder.equal($0, field) }) else { return index }
            let fields = index.fields.map { TextOrder.equal($0, field) ? new : $0 }
            return CollectionShape.IndexShape(on: fields, of: name, isUnique: index.isUnique)
        }
        try checkIndexNames()
    }

    private mutating func drop(_ field: String, of name: String) throws {
        let place = try index(name)
        let position = try position(field, of: place)
        if shapes[place].fields[position].isIdentifier { throw refusal("\(field) identifies the records of \(name)") }
        shapes[place].fields.remove(at: position)
        shapes[place].indexes.removeAll { $0.fields.contains { TextOrder.equal($0, field) } }
    }

    private mutating func addIndex(_ fields: [String], _ name: String, _ isUnique: Bool) throws {
        let place = try index(name)
        guard !fields.isEmpty else { throw refusal("an index of \(name) has no fields") }
        for field in fields where shapes[place].fields[try position(field, of: place)].type == .json {
            throw refusal("the field \(field) of \(name) is nested and cannot be indexed")
        }
        shapes[place].indexes.append(.init(on: fields, of: name, isUnique: isUnique))
        try checkIndexNames()
    }

    private mutating func change(_ field: String, of name: String, to type: FieldType) throws {
        let place = try index(name)
        let position = try position(field, of: place)
        let old = shapes[place].fields[position]
        if old.isIdentifier {
            throw refusal("\(field) identifies the records of \(name); copy them into another collection instead")
        }
        guard ValueConversion(from: old.type, to: type) != nil else {
            throw refusal("values of \(field) of \(name) do not convert from \(old.type) to \(type); use a transform")
        }
        if type == .json, shapes[place].indexes.contains(where: { $0.fields.contains { TextOrder.equal($0, field) } }) {
            throw refusal("the field \(field) of \(name) is indexed and cannot be nested")
        }
        shapes[place].fields[position].type = type
    }

    /// Index names are unique in a store.
    private func checkIndexNames() throws {
        var seen: Set<ByteText> = []
        for index in shapes.flatMap(\.indexes) where !seen.insert(ByteText(index.name)).inserted {
            throw refusal("two indexes would be named \(index.name)")
        }
    }
}

extension CollectionShape {
    /// Adds a field with its index, as a record type with this field has them.
    fileprivate mutating func append(_ field: MigrationField, isSoleKey: Bool = false) throws {
        if (field.isIndexed || field.isUnique) && field.type == .json {
            throw StorageError(.configuration, "the field \(field.name) of \(name) is nested and cannot be indexed")
        }
        fields.append(
            FieldShape(
                name: field.name,
                type: field.type,
                isOptional: field.isOptional,
                isIdentifier: field.isIdentifier
            )
        )
        guard field.isIndexed || field.isUnique, !isSoleKey else { return }
        indexes.append(IndexShape(on: [field.name], of: name, isUnique: field.isUnique))
    }
}
