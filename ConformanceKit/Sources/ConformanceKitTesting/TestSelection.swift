/// Which tests the command line asked for, as far as it tells.
struct TestSelection {
    private let filters: [String]
    private let skips: [String]
    /// Whether a tool gave the selection in a file of its own.
    private let isElsewhere: Bool

    /// The selection of this process.
    static var current: TestSelection { TestSelection(CommandLine.arguments) }

    init(_ arguments: [String]) {
        func values(of option: String) -> [String] {
            arguments.enumerated().compactMap { index, argument in
                if argument == option { return index + 1 < arguments.count ? arguments[index + 1] : "" }
                return argument.hasPrefix(option + "=") ? String(argument.dropFirst(option.count + 1)) : nil
            }
        }
        filters = values(of: "--filter")
        skips = values(of: "--skip")
        isElsewhere = !(values(of: "--configuration-path") + values(of: "--experimental-configuration-path")).isEmpty
    }

    /// Whether all tests of a suite were asked for.
    ///
    /// A filter that matches the suite's own id, with which the ids of its tests begin, picks them all. What a tool says
    /// in a file, and what is skipped, may have picked some.
    func picksAll(of suite: String) -> Bool {
        if isElsewhere || !skips.isEmpty { return false }
        return filters.isEmpty
            || filters.contains { filter in
                guard let pattern = try? Regex(filter) else { return false }
                return suite.firstMatch(of: pattern) != nil
            }
    }
}
