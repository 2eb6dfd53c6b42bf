import FoundationEssentials
import Stowage

@testable import ConformanceKit

enum JSONDecoding {
    static func query(_ text: String) throws -> Query<Zoo> {
        try JSONDecoder().decode(Query<Zoo>.self, from: Data(text.utf8))
    }
}
