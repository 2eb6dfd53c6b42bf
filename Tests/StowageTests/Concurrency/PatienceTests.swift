import Testing

@testable import Stowage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

@Suite("Looking for work before sleeping")
struct PatienceTests {
    /// On one core nobody can bring work while the thread looks.
    private let looks = sysconf(Int32(_SC_NPROCESSORS_ONLN)) > 1

    /// How often it was asked for work.
    private func asked(_ patience: inout Patience, work: (Int) -> Bool) -> Int {
        var count = 0
        patience.await {
            count += 1
            return work(count)
        }
        return count
    }

    @Test func itComesBackAsSoonAsThereIsWork() {
        var patience = Patience(limit: .seconds(3600))
        #expect(asked(&patience) { _ in true } == (looks ? 1 : 0))
        #expect(asked(&patience) { $0 == 3 } == (looks ? 3 : 0))
        #expect(asked(&patience) { _ in true } == (looks ? 1 : 0))
    }

    @Test func eachTimeInVainMakesItSleepAtOnceTwiceAsOften() {
        // It looks once, so that the machine's haste decides nothing.
        var patience = Patience(limit: .zero)
        for expected in [1, 2, 4, 8] {
            #expect((asked(&patience) { _ in false } > 0) == looks)
            for _ in 0..<expected { #expect(asked(&patience) { _ in true } == 0) }
        }
        // Once work came in time, it has patience again.
        #expect((asked(&patience) { _ in true } > 0) == looks)
        #expect((asked(&patience) { _ in false } > 0) == looks)
        #expect(asked(&patience) { _ in true } == 0)
        #expect((asked(&patience) { _ in true } > 0) == looks)
    }
}
