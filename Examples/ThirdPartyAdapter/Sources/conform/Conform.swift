import ConformanceKitCommand
import Stowage
import StowageLMDB

/// Puts the adapter to the test: `swift run conform`.
@main struct Conform {
    static func main() async {
        await ConformCommand.main(StorageFactory(prefix: "LMDB", store: "KIT", backends: [.lmdb]))
    }
}
