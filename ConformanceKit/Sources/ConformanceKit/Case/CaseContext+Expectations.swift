public import Stowage

// Expectations: each that does not hold becomes a failure with its rule, and the case goes on.
extension CaseContext {
    /// Records a failure.
    ///
    /// - Parameters:
    ///   - expectation: What should have been, as the end of "expected that".
    ///   - happened: What was, as the end of "instead".
    ///   - rule: The contract rule; the case's first one by default.
    public func fail(
        _ expectation: String,
        _ happened: String,
        rule: String? = nil,
        fileID: String = #fileID,
        line: Int = #line
    ) {
        record(
            ExpectationFailure(
                rule: rule ?? conformanceCase.rules[0],
                expectation: expectation,
                happened: happened,
                place: SourcePlace(fileID: fileID, line: line)
            )
        )
    }

    /// Expects a condition.
    @discardableResult
    public func expect(
        _ condition: Bool,
        _ what: String,
        rule: String? = nil,
        fileID: String = #fileID,
        line: Int = #line
    ) -> Bool {
        if !condition { fail(what, "it is not so", rule: rule, fileID: fileID, line: line) }
        return condition
    }

    /// Expects two values to be equal. For records and text use ``expectSame(_:_:_:rule:fileID:line:)``: Swift's `==` on
    /// text merges what the contract keeps apart (VAL-1).
    @discardableResult
    public func expectEqual<T: Equatable>(
        _ found: T,
        _ expected: T,
        _ what: String,
        rule: String? = nil,
        fileID: String = #fileID,
        line: Int = #line
    ) -> Bool {
        if found == expected { return true }
        fail(
            what,
            "\(Self.shown(found)) was found, not \(Self.shown(expected))",
            rule: rule,
            fileID: fileID,
            line: line
        )
        return false
    }

    /// Expects two values to be the same to the bit: text by its bytes, -0.0 apart from 0.0.
    @discardableResult
    public func expectSame<T: Equatable & Encodable>(
        _ found: T,
        _ expected: T,
        _ what: String,
        rule: String? = nil,
        fileID: String = #fileID,
        line: Int = #line
    ) -> Bool {
        if SameBits.same(found, expected) { return true }
        fail(
            what,
            "\(SameBits.shown(found)) was found, not \(SameBits.shown(expected))",
            rule: rule,
            fileID: fileID,
            line: line
        )
        return false
    }

    /// Expects a call to throw ``StorageError`` with one of some codes, and returns the error for a closer look.
    @discardableResult
    public func expectError<T>(
        _ codes: StorageError.Code...,
        from what: String,
        rule: String? = nil,
        fileID: String = #fileID,
        line: Int = #line,
        _ body: () async throws -> T
    ) async -> StorageError? {
        let expectation = "\(what) throws \(codes.map(\.name).joined(separator: " or "))"
        do {
            _ = try await body()
            fail(expectation, "it returned", rule: rule, fileID: fileID, line: line)
        } catch let error as StorageError where codes.contains(error.code) {
            return error
        } catch {
            fail(expectation, "it threw \(Self.shown(error))", rule: rule, fileID: fileID, line: line)
        }
        return nil
    }

    /// A value as a failure shows it: not longer than a reader can take in.
    static func shown(_ value: some Any) -> String {
        let text = String(describing: value)
        return text.utf8.count <= 600 ? text : String(text.prefix(500)) + "… (\(text.utf8.count) bytes)"
    }
}

/// Equality to the bit for values that encode themselves.
enum SameBits {
    static func same<T: Equatable & Encodable>(_ left: T, _ right: T) -> Bool {
        // Equality sees the last bit of a date, the encoding the bytes of text and the sign of zero.
        guard left == right, let left = bytes(left), let right = bytes(right) else { return false }
        return left == right
    }

    static func bytes(_ value: some Encodable) -> [UInt8]? { try? Array(JSONValueEncoder().encode([value])) }

    static func shown(_ value: some Encodable) -> String {
        guard let bytes = bytes(value) else { return CaseContext.shown(value) }
        return CaseContext.shown(String(decoding: bytes.dropFirst().dropLast(), as: UTF8.self))
    }
}
