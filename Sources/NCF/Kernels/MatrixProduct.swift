private import CBLAS

/// A row-major matrix in a buffer: element (r, c) is at `r * stride + c`.
struct Matrix {
  let buffer: Buffer<Float>
  let stride: Int

  @inline(__always)
  init(_ buffer: Buffer<Float>, stride: Int) {
    self.buffer = buffer
    self.stride = stride
  }
}

/// Products of small matrices by OpenBLAS, on the calling thread alone.
enum MatrixProduct {
  /// Keeps OpenBLAS from starting threads of its own: ours share the work out.
  static let threadsAreOff: Void = openblas_set_num_threads(1)

  /// Computes `c = a b`, or `c += a b`.
  ///
  /// `a` is rows x inner, `b` inner x columns, `c` rows x columns, and `c` overlaps neither. Plain
  /// times plain is the form that OpenBLAS has fast kernels for at these sizes; for a product with a
  /// transposed right side keep a transposed copy.
  static func multiply(
    _ a: Matrix, _ b: Matrix, into c: Matrix, rows: Int, inner: Int, columns: Int,
    accumulating: Bool = false
  ) {
    guard rows > 0, columns > 0, inner > 0 else { return }
    check(a, rows, inner)
    check(b, inner, columns)
    check(c, rows, columns)
    unsafe cblas_sgemm(
      CblasRowMajor, CblasNoTrans, CblasNoTrans, Int32(rows), Int32(columns), Int32(inner),
      1, a.buffer.base, Int32(a.stride), b.buffer.base, Int32(b.stride), accumulating ? 1 : 0,
      c.buffer.base, Int32(c.stride))
  }

  /// Computes `c += transpose(a) b`, the gradient of a layer's weights.
  ///
  /// `a` is inner x rows, `b` inner x columns, `c` rows x columns.
  static func accumulateTransposed(
    _ a: Matrix, _ b: Matrix, into c: Matrix, rows: Int, inner: Int, columns: Int
  ) {
    guard rows > 0, columns > 0, inner > 0 else { return }
    check(a, inner, rows)
    check(b, inner, columns)
    check(c, rows, columns)
    unsafe cblas_sgemm(
      CblasRowMajor, CblasTrans, CblasNoTrans, Int32(rows), Int32(columns), Int32(inner),
      1, a.buffer.base, Int32(a.stride), b.buffer.base, Int32(b.stride), 1,
      c.buffer.base, Int32(c.stride))
  }

  private static func check(_ matrix: Matrix, _ rows: Int, _ columns: Int) {
    precondition(
      columns <= matrix.stride && (rows - 1) * matrix.stride + columns <= matrix.buffer.count,
      "a matrix reaches beyond its buffer")
  }
}
