internal import FoundationEssentials

/// A value as an object of one member, its type and its content, so that a stored query reads back exactly.
extension Value: Codable {
    private enum CodingKeys: String, CodingKey {
        case null, bool, int, double, text, data, uuid, time, decimal, json
    }

    /// Writes the value with its type.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        switch self {
        case .null: try container.encodeNil(forKey: .null)
        case .bool(let value): try container.encode(value, forKey: .bool)
        case .int(let value): try container.encode(value, forKey: .int)
        case .double(let value): try container.encode(value, forKey: .double)
        case .text(let value): try container.encode(value, forKey: .text)
        case .data(let value): try container.encode(value, forKey: .data)
        case .uuid(let value): try container.encode(value, forKey: .uuid)
        case .time(let value): try container.encode(value.microseconds, forKey: .time)
        case .decimal(let value): try container.encode(value, forKey: .decimal)
        case .json(let value): try container.encode(value, forKey: .json)
        }
    }

    /// Reads a value and its type.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        guard let key = container.allKeys.first, container.allKeys.count == 1 else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "a value has exactly one type")
            )
        }
        switch key {
        case .null: self = .null
        case .bool: self = .bool(try container.decode(Bool.self, forKey: key))
        case .int: self = .int(try container.decode(Int64.self, forKey: key))
        case .double: self = .double(try container.decode(Double.self, forKey: key))
        case .text: self = .text(try container.decode(String.self, forKey: key))
        case .data: self = .data(try container.decode(Data.self, forKey: key))
        case .uuid: self = .uuid(try container.decode(UUID.self, forKey: key))
        case .time: self = .time(try Timestamp(microseconds: container.decode(Int64.self, forKey: key)))
        case .decimal: self = .decimal(try container.decode(Decimal.self, forKey: key))
        case .json: self = .json(try container.decode(String.self, forKey: key))
        }
    }
}
