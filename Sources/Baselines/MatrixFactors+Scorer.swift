package import Interactions
import Kernels
import Lanes

/// Dot products as scores, with the biases added.
extension MatrixFactors: Scorer {
  /// Users' vectors side by side, and the scores of items in rows.
  package final class Scratch {
    /// Users that are scored together at most.
    fileprivate static let users = 8
    /// Items that are scored together at most.
    fileprivate static let items = 256

    private let memory = Memory()
    fileprivate let vectors: Buffer<Float>
    fileprivate let scores: Buffer<Float>
    fileprivate let product: Buffer<Float>
    fileprivate let gathered: Buffer<Float>

    fileprivate init(width: Int) {
      vectors = memory.make(width * Self.users)
      scores = memory.make(Self.items * Self.users)
      product = memory.make(ProductScratch.count)
      gathered = memory.make(Self.items * width)
    }
  }

  /// Makes working memory for one thread.
  package func makeScratch() -> Scratch { Scratch(width: width) }

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
    unsafe self.items.withUnsafeBufferPointer { all in
      guard let base = all.baseAddress else { return }
      // Safe: products only read it.
      let all = unsafe Buffer(base: UnsafeMutablePointer(mutating: base), count: all.count)
      for first in stride(from: 0, to: users.count, by: Scratch.users) {
        let block = first..<min(first + Scratch.users, users.count)
        read(users, block, scratch)
        for start in stride(from: items.lowerBound, to: items.upperBound, by: Scratch.items) {
          let some = start..<min(start + Scratch.items, items.upperBound)
          multiply(all.from(start * width), some.count, users: block.count, scratch)
          for (column, place) in block.enumerated() {
            let user = userBiases.isEmpty ? 0 : userBiases[Int(users[place])]
            let row = place * items.count - items.lowerBound
            for item in some {
              let own = itemBiases.isEmpty ? 0 : itemBiases[item]
              scores[row + item] =
                user + own + scratch.scores[(item - start) * block.count + column]
            }
          }
        }
      }
    }
  }

  /// Puts users' vectors side by side: a column for each user.
  private func read(_ users: Span<UInt32>, _ block: Range<Int>, _ scratch: Scratch) {
    for (column, place) in block.enumerated() {
      let vector = Int(users[place]) * width
      for row in 0..<width {
        scratch.vectors[row * block.count + column] = self.users[vector + row]
      }
    }
  }

  /// Multiplies items' vectors with those of users that were read: a row for each item.
  private func multiply(
    _ items: Buffer<Float>, _ count: Int, users: Int, _ scratch: Scratch
  ) {
    unsafe Kernels.active.pointee.product(
      Matrix(items, stride: width), Matrix(scratch.vectors, stride: users),
      Matrix(scratch.scores, stride: users), count, width, users, false, scratch.product)
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
    let one: InlineArray<1, UInt32> = [UInt32(user)]
    read(one.span, 0..<1, scratch)
    let own = userBiases.isEmpty ? 0 : userBiases[user]
    for start in stride(from: 0, to: items.count, by: Scratch.items) {
      let some = start..<min(start + Scratch.items, items.count)
      for place in some {
        let vector = Int(items[place]) * width
        scratch.gathered.copy(
          from: self.items[vector..<vector + width], at: (place - start) * width)
      }
      multiply(scratch.gathered, some.count, users: 1, scratch)
      for place in some {
        let bias = itemBiases.isEmpty ? 0 : itemBiases[Int(items[place])]
        scores[place] = own + bias + scratch.scores[place - start]
      }
    }
  }
}
