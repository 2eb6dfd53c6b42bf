/// The lines of a document, for errors about many of its places.
package struct LineIndex {
    private let breaks: [Int]

    package init(_ bytes: [UInt8]) {
        breaks = bytes.indices.filter { bytes[$0] == UInt8(ascii: "\n") }
    }

    /// The line of a byte, counted from one.
    package func line(ofByte offset: Int) -> Int {
        var (low, high) = (0, breaks.count)
        while low < high {
            let middle = (low + high) / 2
            if breaks[middle] < offset { low = middle + 1 } else { high = middle }
        }
        return low + 1
    }
}
