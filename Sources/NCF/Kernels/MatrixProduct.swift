import Kernels
import Lanes

/// Products of small matrices, on the calling thread alone; one thread has one of its own.
///
/// Safe: a table of kernels stays where it is, and what it is called with is checked.
@safe struct MatrixProduct {
  private let kernels: UnsafePointer<KernelTable>
  private let scratch = Storage<Float>(count: ProductScratch.count)

  /// Takes memory for the kernels in use.
  init() { unsafe self.init(Kernels.active) }

  /// Takes memory for some kernels.
  init(_ kernels: UnsafePointer<KernelTable>) { unsafe self.kernels = kernels }

  /// Computes `c = a b`, or `c += a b`.
  ///
  /// `a` is rows x inner, `b` inner x columns, `c` rows x columns, and `c` overlaps neither. For a
  /// product with a transposed right side keep a transposed copy.
  func multiply(
    _ a: Matrix, _ b: Matrix, into c: Matrix, rows: Int, inner: Int, columns: Int,
    accumulating: Bool = false
  ) {
    guard rows > 0, columns > 0, inner > 0 else { return }
    Self.check(a, rows, inner)
    Self.check(b, inner, columns)
    Self.check(c, rows, columns)
    unsafe kernels.pointee.product(a, b, c, rows, inner, columns, accumulating, scratch.buffer)
  }

  /// Computes `c += transpose(a) b`, the gradient of a layer's weights.
  ///
  /// `a` is inner x rows, `b` inner x columns, `c` rows x columns.
  func accumulateTransposed(
    _ a: Matrix, _ b: Matrix, into c: Matrix, rows: Int, inner: Int, columns: Int
  ) {
    guard rows > 0, columns > 0, inner > 0 else { return }
    Self.check(a, inner, rows)
    Self.check(b, inner, columns)
    Self.check(c, rows, columns)
    unsafe kernels.pointee.transposedProduct(
      a, b, c, rows, inner, columns, true, scratch.buffer)
  }

  private static func check(_ matrix: Matrix, _ rows: Int, _ columns: Int) {
    precondition(
      columns <= matrix.stride && (rows - 1) * matrix.stride + columns <= matrix.buffer.count,
      "a matrix reaches beyond its buffer")
  }
}
