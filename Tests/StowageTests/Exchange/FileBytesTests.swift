import FoundationEssentials
import Stowage
import Testing

@Suite struct FileBytesTests {
    let folder: String

    init() throws {
        folder = FileManager.default.temporaryDirectory.path + "/stowage-files-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    @Test func aFileIsPrivateAndNotOverwritten() throws {
        let path = "\(folder)/a"
        try FileBytes.write([1, 2], to: path, replacing: false)
        #expect(try FileBytes.read(path) == [1, 2])
        let error = try #require(
            #expect(throws: StorageError.self) { try FileBytes.write([3], to: path, replacing: false) }
        )
        #expect(error.code == .alreadyExists && error.place?.path == path)
        try FileBytes.write([3], to: path, replacing: true)
        #expect(try FileBytes.read(path) == [3])
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["a"], "no temporary file is left")
    }

    @Test func errorsSayWhatIsThere() throws {
        func code(_ body: () throws -> Void) throws -> StorageError.Code {
            try #require(#expect(throws: StorageError.self) { try body() }).code
        }
        #expect(try code { _ = try FileBytes.read("\(folder)/absent") } == .notFound)
        #expect(try code { _ = try FileBytes.read(folder) } == .corrupt)
        #expect(try code { try FileBytes.write([], to: folder, replacing: true) } == .corrupt)
        #expect(try code { try FileBytes.write([], to: "\(folder)/no/x", replacing: true) } == .notFound)
        #expect(try code { try FileBytes.write([1], to: "/dev/full", replacing: true) } == .storageFull)
        try FileBytes.write([1], to: "/dev/null", replacing: false)
    }
}
