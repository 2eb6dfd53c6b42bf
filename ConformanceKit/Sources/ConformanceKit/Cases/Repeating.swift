extension ConformanceCases {
    /// The ids of the cases that a deep run repeats with other choices.
    static let repeating = Set(
        (modelPrograms + histories + processHistories + randomCrashes + severedConnections).map(\.id)
    )
}
