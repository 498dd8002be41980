private import CBLAS
private import CProcessor

/// A row-major matrix in a buffer: element (r, c) is at `r * stride + c`.
struct Matrix {
  let buffer: Buffer<Float>
  let stride: Int

  @inline(__always)
  init(_ buffer: Buffer<Float>, stride: Int) {
    (self.buffer, self.stride) = (buffer, stride)
  }
}

/// Products of small matrices, on the calling thread alone; one thread has one of its own.
///
/// By OpenBLAS where the processor has 512-bit vectors, which its kernels use and ours don't; by
/// `RegisterProduct` elsewhere on x86-64, where OpenBLAS was seen at a quarter of the processor's speed
/// at these sizes. The way depends on the processor's type alone, so its bits do too.
struct MatrixProduct {
  /// A way to compute products.
  enum Way: CaseIterable {
    case openBLAS
    case registers

    /// The faster one on this processor.
    static let best: Way = processor_has_wide_vectors() != 0 ? .openBLAS : .registers
  }

  /// Keeps OpenBLAS from starting threads of its own: ours share the work out.
  static let threadsAreOff: Void = openblas_set_num_threads(1)

  private let registers: RegisterProduct?

  /// Takes what memory the way needs.
  init(_ way: Way = .best) {
    Self.threadsAreOff
    registers = way == .registers ? RegisterProduct() : nil
  }

  /// Computes `c = a b`, or `c += a b`.
  ///
  /// `a` is rows x inner, `b` inner x columns, `c` rows x columns, and `c` overlaps neither. Plain
  /// times plain is the form that has fast kernels at these sizes; for a product with a transposed
  /// right side keep a transposed copy.
  func multiply(
    _ a: Matrix, _ b: Matrix, into c: Matrix, rows: Int, inner: Int, columns: Int,
    accumulating: Bool = false
  ) {
    guard rows > 0, columns > 0, inner > 0 else { return }
    Self.check(a, rows, inner)
    Self.check(b, inner, columns)
    Self.check(c, rows, columns)
    if let registers {
      registers.multiply(
        a, b, into: c, rows: rows, inner: inner, columns: columns, accumulating: accumulating)
      return
    }
    unsafe cblas_sgemm(
      CblasRowMajor, CblasNoTrans, CblasNoTrans, Int32(rows), Int32(columns), Int32(inner),
      1, a.buffer.base, Int32(a.stride), b.buffer.base, Int32(b.stride), accumulating ? 1 : 0,
      c.buffer.base, Int32(c.stride))
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
    if let registers {
      registers.accumulateTransposed(a, b, into: c, rows: rows, inner: inner, columns: columns)
      return
    }
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
