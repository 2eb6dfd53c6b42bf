import FoundationEssentials
import Stowage
import Testing

/// What a change of a field's type does to its values: the same value, or an error; never a rounded one.
@Suite struct ValueConversionTests {
    private func convert(_ value: Value, to target: FieldType) throws -> Value {
        let source = try #require(value.fieldType)
        return try #require(ValueConversion(from: source, to: target)).convert(value)
    }

    @Test func valuesGoThereAndBack() throws {
        let time = try Timestamp(rfc3339: "2024-02-29T12:00:00.000001Z")
        let id = try #require(UUID(uuidString: "4D6E0F3A-1E2B-4C3D-8E9F-0A1B2C3D4E5F"))
        let values: [Value] = [
            .int(.min), .int(.max), .int(0), .double(-0.0), .double(.leastNonzeroMagnitude), .bool(true), .time(time),
            .uuid(id),
            .data(Data([0, 255])), .decimal(Decimal(string: "-12.5") ?? 0), .json(#"{"a":[1.50,null]}"#),
        ]
        for value in values {
            let type = try #require(value.fieldType)
            let text = try convert(value, to: .text)
            #expect(text.fieldType == .text)
            #expect(try convert(text, to: type).isIdentical(to: value), "\(type)")
        }
        #expect(try convert(.int(3), to: .double) == .double(3))
        #expect(try convert(.double(3), to: .int) == .int(3))
        #expect(try convert(.int(1), to: .bool) == .bool(true))
        #expect(try convert(.bool(false), to: .int) == .int(0))
    }

    @Test func whatTheOtherTypeDoesNotHoldIsRefusedWithoutBeingQuoted() throws {
        let refused: [(Value, FieldType)] = [
            (.text("s3cret"), .int), (.text(""), .int), (.text(" 7"), .int), (.text("1e2"), .int), (.text("007"), .int),
            (.text("9223372036854775808"), .int), (.text("yes"), .bool), (.text("soon"), .time), (.text("{"), .json),
            (.text("null"), .json), (.text("1e400"), .double), (.double(1.5), .int), (.double(1e19), .int),
            (.int(9_007_199_254_740_993), .double), (.int(2), .bool),
            (.decimal(Decimal(string: "1.5") ?? 0), .int),
        ]
        for (value, target) in refused {
            do {
                _ = try convert(value, to: target)
                Issue.record("\(value) converts to \(target)")
            } catch let error as StorageError {
                #expect(error.code == .invalidValue && !error.description.contains("s3cret"))
            }
        }
    }

    @Test func typesWithoutARuleDoNotConvert() {
        #expect(ValueConversion(from: .uuid, to: .int) == nil)
        #expect(ValueConversion(from: .text, to: .text) == nil)
        #expect(ValueConversion(from: .double, to: .decimal) == nil)
    }
}
