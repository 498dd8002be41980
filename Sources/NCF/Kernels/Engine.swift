private import CBLAS

/// What the arithmetic is done by.
package enum Engine {
  /// The type of processor that OpenBLAS has chosen its kernels for: the same data, settings and seed
  /// give the same bits on processors of one type.
  package static var name: String {
    // Safe: OpenBLAS gives a text of its own that lasts as long as the process.
    guard let name = unsafe openblas_get_corename() else { return "unknown" }
    return unsafe String(cString: name)
  }
}
