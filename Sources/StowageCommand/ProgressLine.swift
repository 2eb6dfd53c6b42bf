internal import StowageMigration
internal import Synchronization

/// How far a long command is, on one line of a terminal: what is done, how fast, and how long it will take.
final class ProgressLine: Sendable {
    private struct State {
        var phase: MoveProgress.Phase?
        var began = ContinuousClock.now
        /// What was done when the phase was first seen: a resumed copy does not begin at zero.
        var first = 0
        var shown: ContinuousClock.Instant?
        var isVisible = false
    }
    private let state = Mutex(State())
    private let isTerminal = StandardStreams.errorIsTerminal

    /// Shows progress, a few times a second.
    func show(_ progress: MoveProgress) {
        guard isTerminal else { return }
        let now = ContinuousClock.now
        let line: String? = state.withLock { state in
            if state.phase != progress.phase {
                state = State(phase: progress.phase, began: now, first: progress.done, isVisible: state.isVisible)
            }
            if let shown = state.shown, shown.duration(to: now) < .milliseconds(100) { return nil }
            state.shown = now
            state.isVisible = true
            return Self.text(progress, since: state.first, in: state.began.duration(to: now))
        }
        if let line { StandardStreams.progress(line) }
    }

    /// Leaves the line empty.
    func clear() {
        let wasVisible = state.withLock { state in
            defer { state.isVisible = false }
            return state.isVisible
        }
        if wasVisible { StandardStreams.progress("") }
    }

    static func text(_ progress: MoveProgress, since first: Int, in time: Duration) -> String {
        var text = "\(progress.phase.rawValue) \(progress.done)"
        if let total = progress.total {
            text += " of \(total)"
            if total > 0 { text += " (\(progress.done * 100 / total) %)" }
        }
        let seconds = Double(time.components.seconds) + Double(time.components.attoseconds) / 1e18
        let rate = seconds > 0 ? Double(progress.done - first) / seconds : 0
        guard rate >= 1 else { return text }
        text += ", \(Int(rate)) a second"
        if let total = progress.total, total >= progress.done {
            text += ", \(Int((Double(total - progress.done) / rate).rounded(.up))) s left"
        }
        return text
    }
}
