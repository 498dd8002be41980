private import CBLAS
package import Interactions

/// Dot products as scores, with the biases added.
extension MatrixFactors: Scorer {
  /// A row of a user's vector, gathered for a product.
  package struct Scratch {
    fileprivate var rows: [Float] = []
  }

  /// Makes working memory for one thread.
  package func makeScratch() -> Scratch { Scratch() }

  /// Scores a block of users against consecutive items.
  ///
  /// - Parameters:
  ///   - scores: `users.count` rows of `items.count` scores.
  ///   - users: which users.
  ///   - items: which items.
  ///   - scratch: the calling thread's.
  package func fill(
    _ scores: inout MutableSpan<Float>, users: Span<UInt32>, items: Range<Int>,
    scratch: inout Scratch
  ) {
    precondition(scores.count == users.count * items.count, "one score for each pair")
    precondition(items.lowerBound >= 0 && items.upperBound <= itemCount, "no such items")
    if users.isEmpty || items.isEmpty { return }
    scratch.rows.removeAll(keepingCapacity: true)
    for place in users.indices {
      let user = Int(users[place])
      scratch.rows += self.users[user * width..<(user + 1) * width]
      let userBias = userBiases.isEmpty ? 0 : userBiases[user]
      for (column, item) in items.enumerated() {
        scores[place * items.count + column] =
          userBias + (itemBiases.isEmpty ? 0 : itemBiases[item])
      }
    }
    openblas_set_num_threads(1)
    unsafe scores.withUnsafeMutableBufferPointer { target in
      unsafe scratch.rows.withUnsafeBufferPointer { rows in
        unsafe self.items.withUnsafeBufferPointer { all in
          guard let target = target.baseAddress, let rows = rows.baseAddress,
            let all = all.baseAddress
          else { return }
          unsafe cblas_sgemm(
            CblasRowMajor, CblasNoTrans, CblasTrans, Int32(users.count), Int32(items.count),
            Int32(width), 1, rows, Int32(width), all + items.lowerBound * width, Int32(width), 1,
            target, Int32(items.count))
        }
      }
    }
  }

  /// Scores one user against any items.
  ///
  /// - Parameters:
  ///   - scores: `items.count` scores.
  ///   - user: which user.
  ///   - items: which items.
  ///   - scratch: the calling thread's.
  package func fill(
    _ scores: inout MutableSpan<Float>, user: Int, items: Span<UInt32>, scratch: inout Scratch
  ) {
    precondition(scores.count == items.count, "one score for each item")
    let own = users[user * width..<(user + 1) * width]
    for place in items.indices {
      let item = Int(items[place])
      var sum = userBiases.isEmpty ? 0 : userBiases[user]
      if !itemBiases.isEmpty { sum += itemBiases[item] }
      for (first, second) in zip(own, self.items[item * width..<(item + 1) * width]) {
        sum += first * second
      }
      scores[place] = sum
    }
  }
}
