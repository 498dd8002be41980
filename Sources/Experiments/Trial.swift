import Foundation
package import Recommenders
package import Settings

/// One training and what is measured on it; the unit that is stored and never done twice.
package struct Trial: Sendable, Equatable, Codable {
  /// What is looked at.
  package enum Purpose: String, Sendable, Equatable, Codable {
    /// Validation items only: for choosing.
    case validation
    /// Validation items for choosing, then the test items once.
    case test
  }

  /// What may be trained; never empty.
  ///
  /// With more than one the best on validation is kept.
  package var methods: [Method]
  /// Seed of the validation items and of everything drawn in training.
  package var seed: UInt64
  /// What is looked at.
  package var purpose: Purpose
  /// Whether the chosen settings are trained again on training and validation items together.
  package var refit: Bool

  /// A trial of one method.
  package init(_ method: Method, seed: UInt64, purpose: Purpose = .test, refit: Bool = false) {
    self.init(choosing: [method], seed: seed, purpose: purpose, refit: refit)
  }

  /// A trial that keeps the best of some methods on validation.
  ///
  /// - Parameters:
  ///   - methods: one or more.
  ///   - seed: of validation items and training.
  ///   - purpose: what is looked at.
  ///   - refit: whether the chosen one is trained again with the validation items.
  package init(
    choosing methods: [Method], seed: UInt64, purpose: Purpose = .test, refit: Bool = false
  ) {
    precondition(!methods.isEmpty, "a trial of nothing")
    (self.methods, self.seed, self.purpose, self.refit) = (methods, seed, purpose, refit)
  }

  /// The name in tables.
  package var label: String { methods[0].label }

  /// The first reason why it can't be trained; nil when it can.
  package var problem: Problem? {
    methods.lazy.compactMap(\.problem).first
  }

  /// All settings as text; the same for the same trial in every version that trains alike.
  ///
  /// - Returns: JSON.
  /// - Throws: `EncodingError` for a number that JSON has no form for.
  package func key() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    var canonical = self
    // The trial's own seed counts.
    canonical.methods = methods.map { $0.seeded(0) }
    let settings = String(decoding: try encoder.encode(canonical), as: UTF8.self)
    return "{\"recipe\":\(Self.recipe),\"trial\":\(settings)}"
  }

  /// Grows when trials are trained otherwise, so that older results are no longer taken for theirs.
  private static let recipe = 4

  /// Whether it is trained twice: a test is what a refit is for.
  var isRefitted: Bool { refit && purpose == .test }

  /// How much of a training a refit is: it stops at the epochs that were chosen.
  static let refitShare = 0.7

  /// How long it takes against others at most, in a unit of its own.
  package var cost: Double {
    methods.reduce(0) { $0 + $1.cost }
      + (isRefitted ? Self.refitShare * (methods.map(\.cost).max() ?? 0) : 0)
  }
}
