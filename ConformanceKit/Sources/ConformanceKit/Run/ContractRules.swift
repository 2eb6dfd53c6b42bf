/// The rules of the contract, by id.
public enum ContractRules {
    /// Every rule.
    public static let all: [String] =
        numbered("REC", 9) + numbered("VAL", 7) + numbered("QRY", 10) + numbered("STA", 2) + numbered("TXN", 6)
        + numbered("DUR", 5) + numbered("LIF", 5) + numbered("SCH", 3)

    /// Rules that no case checks, each with the reason.
    public static let withoutCase: [String: String] = [:]

    private static func numbered(_ area: String, _ count: Int) -> [String] { (1...count).map { "\(area)-\($0)" } }
}
