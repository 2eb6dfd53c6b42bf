internal import FoundationEssentials
internal import Stowage

/// Makes records of the zoo from a generator.
enum ZooMaker {
    /// A record with some of its optional fields set.
    static func record(_ id: String, _ generator: inout SeededGenerator) -> Zoo {
        var zoo = full(id, &generator)
        // A subset by coin: each optional field is nil a third of the time.
        var cleared = zoo
        clearOptionals(&cleared)
        if generator.oneIn(3) { zoo.flagMaybe = cleared.flagMaybe }
        if generator.oneIn(3) { zoo.countMaybe = cleared.countMaybe }
        if generator.oneIn(3) { zoo.bigMaybe = cleared.bigMaybe }
        if generator.oneIn(3) { zoo.ratioMaybe = cleared.ratioMaybe }
        if generator.oneIn(3) { zoo.singleMaybe = cleared.singleMaybe }
        if generator.oneIn(3) { zoo.textMaybe = cleared.textMaybe }
        if generator.oneIn(3) { zoo.bytesMaybe = cleared.bytesMaybe }
        if generator.oneIn(3) { zoo.uuidMaybe = cleared.uuidMaybe }
        if generator.oneIn(3) { zoo.dateMaybe = cleared.dateMaybe }
        if generator.oneIn(3) { zoo.timeMaybe = cleared.timeMaybe }
        if generator.oneIn(3) { zoo.amountMaybe = cleared.amountMaybe }
        if generator.oneIn(3) { zoo.moodMaybe = cleared.moodMaybe }
        if generator.oneIn(3) { zoo.rankMaybe = cleared.rankMaybe }
        if generator.oneIn(3) { zoo.spotMaybe = cleared.spotMaybe }
        if generator.oneIn(3) { zoo.tagsMaybe = cleared.tagsMaybe }
        if generator.oneIn(3) { zoo.scoresMaybe = cleared.scoresMaybe }
        return zoo
    }

    /// A record with every field set.
    static func full(_ id: String, _ generator: inout SeededGenerator) -> Zoo {
        var zoo = Zoo(id: id)
        zoo.flag = generator.oneIn(2)
        zoo.flagMaybe = generator.oneIn(2)
        zoo.count = Int(generator.pick(HostileValues.ints))
        zoo.countMaybe = generator.below(5)
        zoo.big = generator.pick(HostileValues.ints)
        zoo.bigMaybe = generator.pick(HostileValues.ints)
        zoo.ratio = generator.pick(HostileValues.doubles)
        zoo.ratioMaybe = generator.pick(HostileValues.doubles)
        zoo.single = generator.pick(HostileValues.floats)
        zoo.singleMaybe = generator.pick(HostileValues.floats)
        zoo.text = text(&generator)
        zoo.textMaybe = text(&generator)
        zoo.label = generator.pick(HostileValues.texts)
        zoo.bytes = generator.pick(HostileValues.blobs)
        zoo.bytesMaybe = generator.pick(HostileValues.blobs)
        zoo.uuid = generator.pick(HostileValues.uuids)
        zoo.uuidMaybe = generator.pick(HostileValues.uuids)
        zoo.date = generator.pick(HostileValues.dates)
        zoo.dateMaybe = generator.pick(HostileValues.dates)
        zoo.time = generator.pick(HostileValues.times)
        zoo.timeMaybe = generator.pick(HostileValues.times)
        zoo.amount = generator.pick(HostileValues.decimals)
        zoo.amountMaybe = generator.pick(HostileValues.decimals)
        zoo.mood = generator.pick(Zoo.Mood.allCases)
        zoo.moodMaybe = generator.pick(Zoo.Mood.allCases)
        zoo.rank = generator.pick(Zoo.Rank.allCases)
        zoo.rankMaybe = generator.pick(Zoo.Rank.allCases)
        zoo.spot = spot(&generator)
        zoo.spotMaybe = spot(&generator)
        zoo.tags = (0..<generator.below(4)).map { _ in generator.pick(HostileValues.texts) }
        zoo.tagsMaybe = (0..<generator.below(3)).map { _ in generator.pick(HostileValues.texts) }
        zoo.scores = scores(&generator)
        zoo.scoresMaybe = scores(&generator)
        return zoo
    }

    /// Text of one or two pieces, so that searches have something to find inside.
    static func text(_ generator: inout SeededGenerator) -> String {
        let first = generator.pick(HostileValues.texts)
        return generator.oneIn(3) ? first + generator.pick(HostileValues.texts) : first
    }

    private static func spot(_ generator: inout SeededGenerator) -> Zoo.Spot {
        Zoo.Spot(
            x: generator.pick(HostileValues.doubles),
            y: generator.maybe { $0.pick(HostileValues.ints) },
            name: generator.pick(HostileValues.texts),
            inner: (0..<generator.below(3)).map { _ in .init(deep: ["a": true, "b": nil, "c": generator.oneIn(2)]) }
        )
    }

    private static func scores(_ generator: inout SeededGenerator) -> [String: Int] {
        // Swift's own dictionary merges composed and decomposed keys, so only one of each pair may be drawn.
        let keys = ["", "a", "A", "é", "\"", "\\", "😀", "日本"]
        return Dictionary(
            (0..<generator.below(4)).map { _ in (generator.pick(keys), generator.below(10)) },
            uniquingKeysWith: { $1 }
        )
    }

    static func clearOptionals(_ zoo: inout Zoo) {
        zoo.flagMaybe = nil
        zoo.countMaybe = nil
        zoo.bigMaybe = nil
        zoo.ratioMaybe = nil
        zoo.singleMaybe = nil
        zoo.textMaybe = nil
        zoo.bytesMaybe = nil
        zoo.uuidMaybe = nil
        zoo.dateMaybe = nil
        zoo.timeMaybe = nil
        zoo.amountMaybe = nil
        zoo.moodMaybe = nil
        zoo.rankMaybe = nil
        zoo.spotMaybe = nil
        zoo.tagsMaybe = nil
        zoo.scoresMaybe = nil
    }

    /// Assigns every field of a record but its id.
    static func assign(_ zoo: Zoo, _ changes: inout RecordChanges<Zoo>) {
        changes.flag = zoo.flag
        changes.flagMaybe = zoo.flagMaybe
        changes.count = zoo.count
        changes.countMaybe = zoo.countMaybe
        changes.big = zoo.big
        changes.bigMaybe = zoo.bigMaybe
        changes.ratio = zoo.ratio
        changes.ratioMaybe = zoo.ratioMaybe
        changes.single = zoo.single
        changes.singleMaybe = zoo.singleMaybe
        changes.text = zoo.text
        changes.textMaybe = zoo.textMaybe
        changes.label = zoo.label
        changes.bytes = zoo.bytes
        changes.bytesMaybe = zoo.bytesMaybe
        changes.uuid = zoo.uuid
        changes.uuidMaybe = zoo.uuidMaybe
        changes.date = zoo.date
        changes.dateMaybe = zoo.dateMaybe
        changes.time = zoo.time
        changes.timeMaybe = zoo.timeMaybe
        changes.amount = zoo.amount
        changes.amountMaybe = zoo.amountMaybe
        changes.mood = zoo.mood
        changes.moodMaybe = zoo.moodMaybe
        changes.rank = zoo.rank
        changes.rankMaybe = zoo.rankMaybe
        changes.spot = zoo.spot
        changes.spotMaybe = zoo.spotMaybe
        changes.tags = zoo.tags
        changes.tagsMaybe = zoo.tagsMaybe
        changes.scores = zoo.scores
        changes.scoresMaybe = zoo.scoresMaybe
    }
}
