// An author's test file imports one module.
@_exported public import ConformanceKit
