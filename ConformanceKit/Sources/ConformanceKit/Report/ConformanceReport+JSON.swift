public import Stowage

extension ConformanceReport {
    /// The report for programs: one object, whose `cases` each have `id`, `rules`, `area`, `level`, `outcome`, `seconds`
    /// and, unless they passed, `reason`.
    ///
    /// The seed is a number, exact to its last digit.
    public var json: JSON {
        var object = JSONObject()
        object["kitVersion"] = .string(Self.kitVersion)
        object["seed"] = .number(JSONNumber(seed))
        object["adapter"] = .string(adapter)
        object["backendVersion"] = .string(backendVersion)
        object["capabilities"] = .array(capabilities.map(JSON.string))
        object["verdict"] = .string(verdict.rawValue)
        if !problems.isEmpty { object["problems"] = .array(problems.map(JSON.string)) }
        var counts = JSONObject()
        let found = self.counts()
        for name in Self.outcomeNames { counts[name] = .number(JSONNumber(found[name] ?? 0)) }
        object["counts"] = .object(counts)
        object["seconds"] = Self.number(duration)
        object["cases"] = .array(results.map(Self.json))
        return .object(object)
    }

    private static func json(_ result: CaseResult) -> JSON {
        let conformanceCase = result.conformanceCase
        var object = JSONObject()
        object["id"] = .string(conformanceCase.id)
        object["rules"] = .array(conformanceCase.rules.map(JSON.string))
        object["area"] = .string(conformanceCase.area.rawValue)
        object["level"] = .string(conformanceCase.level.rawValue)
        object["outcome"] = .string(result.outcome.name)
        if let reason = result.outcome.reason { object["reason"] = .string(reason) }
        object["seconds"] = number(result.duration)
        return .object(object)
    }

    private static func number(_ duration: Duration) -> JSON {
        JSONNumber(secondsText(duration)).map(JSON.number) ?? .null
    }
}
