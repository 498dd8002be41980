/// Eigenvalues and eigenvectors of a symmetric matrix, in double precision.
///
/// Householder's reflections make it tridiagonal, and QL steps with implicit shifts make that diagonal
/// (Golub and Van Loan, "Matrix Computations", sections 8.3 and 8.4). It is for some hundred rows: time
/// grows with the third power.
struct SymmetricEigenproblem {
  /// Ascending.
  private(set) var values: [Double]
  /// The vector of value i is row i: order x order, row-major.
  private(set) var vectors: [Double]

  private let order: Int

  /// Solves it.
  ///
  /// - Parameters:
  ///   - matrix: order x order, row-major, of which the lower triangle is read; finite.
  ///   - order: rows and columns, above 0.
  init(_ matrix: [Double], order: Int) {
    self.order = order
    values = [Double](repeating: 0, count: order)
    vectors = [Double](repeating: 0, count: order * order)
    for row in 0..<order { vectors[row * order + row] = 1 }
    var work = matrix
    for row in 0..<order {
      for column in 0..<row { work[column * order + row] = work[row * order + column] }
    }
    var beside = tridiagonalize(&work)
    diagonalize(&beside)
    sort()
  }

  /// Reflects columns until nothing is left beside the diagonal and its neighbours.
  ///
  /// - Returns: the numbers beside the diagonal; the one at i is between i and i + 1.
  private mutating func tridiagonalize(_ a: inout [Double]) -> [Double] {
    var beside = [Double](repeating: 0, count: order)
    var v = [Double](repeating: 0, count: order)
    var p = v
    for step in 0..<max(0, order - 2) {
      // The column below the diagonal, which is the row beside it, onto its first element.
      var square = 0.0
      for place in step + 1..<order { square += a[step * order + place] * a[step * order + place] }
      let head = a[step * order + step + 1]
      let length = square.squareRoot()
      beside[step] = head > 0 ? -length : length
      if square - head * head <= 0 {
        beside[step] = head
        continue
      }
      for place in step + 1..<order { v[place] = a[step * order + place] }
      v[step + 1] = head - beside[step]
      let scale = 1 / (square - head * beside[step])
      // A - v w^T - w v^T with w = p - (scale v^T p / 2) v and p = scale A v.
      for row in step + 1..<order {
        var sum = 0.0
        for column in step + 1..<order { sum += a[row * order + column] * v[column] }
        p[row] = scale * sum
      }
      var half = 0.0
      for place in step + 1..<order { half += v[place] * p[place] }
      half *= scale / 2
      for place in step + 1..<order { p[place] -= half * v[place] }
      for row in step + 1..<order {
        let (own, other) = (v[row], p[row])
        for column in step + 1..<order {
          a[row * order + column] -= own * p[column] + other * v[column]
        }
      }
      reflect(v, from: step + 1, scale: scale)
    }
    if order > 1 { beside[order - 2] = a[(order - 2) * order + order - 1] }
    for place in 0..<order { values[place] = a[place * order + place] }
    return beside
  }

  /// Applies a reflection to the rows of vectors: `V -= scale v (v^T V)`.
  private mutating func reflect(_ v: [Double], from first: Int, scale: Double) {
    var sums = [Double](repeating: 0, count: order)
    for row in first..<order {
      let factor = scale * v[row]
      for column in 0..<order { sums[column] += factor * vectors[row * order + column] }
    }
    for row in first..<order {
      let factor = v[row]
      for column in 0..<order { vectors[row * order + column] -= factor * sums[column] }
    }
  }

  /// Rotates neighbours until nothing is left beside the diagonal.
  private mutating func diagonalize(_ beside: inout [Double]) {
    for first in 0..<order {
      var steps = 0
      while true {
        var last = first
        while last < order - 1 {
          let size = values[last].magnitude + values[last + 1].magnitude
          if beside[last].magnitude <= Double.ulpOfOne / 2 * size { break }
          last += 1
        }
        if last == first { break }
        steps += 1
        precondition(steps <= 60 + order, "no eigenvalues of a matrix of finite numbers")
        step(first, last, &beside)
      }
    }
  }

  /// One implicit step on the rows from `first` to `last`.
  private mutating func step(_ first: Int, _ last: Int, _ beside: inout [Double]) {
    // Wilkinson's shift.
    let half = (values[first + 1] - values[first]) / (2 * beside[first])
    let root = (half * half + 1).squareRoot()
    var bulge =
      values[last] - values[first] + beside[first] / (half + (half >= 0 ? root : -root))
    var (sine, cosine, moved) = (1.0, 1.0, 0.0)
    for row in stride(from: last - 1, through: first, by: -1) {
      let outer = sine * beside[row]
      let inner = cosine * beside[row]
      let length = (outer * outer + bulge * bulge).squareRoot()
      beside[row + 1] = length
      if length == 0 {
        values[row + 1] -= moved
        beside[last] = 0
        return
      }
      (sine, cosine) = (outer / length, bulge / length)
      let rest = values[row + 1] - moved
      let mixed = (values[row] - rest) * sine + 2 * cosine * inner
      moved = sine * mixed
      values[row + 1] = rest + moved
      bulge = cosine * mixed - inner
      rotate(row, sine, cosine)
    }
    values[first] -= moved
    beside[first] = bulge
    beside[last] = 0
  }

  /// Rotates two neighbouring vectors.
  private mutating func rotate(_ row: Int, _ sine: Double, _ cosine: Double) {
    let (upper, lower) = (row * order, (row + 1) * order)
    for column in 0..<order {
      let (own, next) = (vectors[upper + column], vectors[lower + column])
      vectors[lower + column] = sine * own + cosine * next
      vectors[upper + column] = cosine * own - sine * next
    }
  }

  private mutating func sort() {
    let places = values.indices.sorted { (values[$0], $0) < (values[$1], $1) }
    vectors = places.flatMap { vectors[$0 * order..<($0 + 1) * order] }
    values = places.map { values[$0] }
  }
}
