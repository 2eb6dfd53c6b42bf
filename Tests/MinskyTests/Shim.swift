import Foundation

/// C sources in `Tests/Faults` that stand between the program and the system's libraries.
enum Shim {
    /// Compiles one, to be preloaded. Swift's toolchain brings the compiler.
    static func compile(_ name: String) throws -> String {
        let library = NSTemporaryDirectory() + "stowage-\(name)-\(ProcessInfo.processInfo.processIdentifier).so"
        let source = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Faults/\(name).c")
        let compiler = Process()
        compiler.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        compiler.arguments = ["clang", "-shared", "-fPIC", "-O1", "-o", library, source.path, "-ldl"]
        try compiler.run()
        compiler.waitUntilExit()
        guard compiler.terminationStatus == 0 else { throw CocoaError(.executableLoad) }
        return library
    }
}
