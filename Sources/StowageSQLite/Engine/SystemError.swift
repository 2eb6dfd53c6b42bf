#if SQLite
#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// The `errno` values that are told apart.
enum SystemError {
    static let noEntry = ENOENT
    static let denied = EACCES
    static let notPermitted = EPERM
    static let readOnlyFileSystem = EROFS
    static let noSpace = ENOSPC
}
#endif
