import Interactions

/// A table of a model's parameters: a row for each user, item or feature.
///
/// `Model.tables` declares all of them. Fresh models, growth, extension to newcomers, means, fusion,
/// checks, stored tensors and the memory estimate go through that list: a table that is declared there
/// is part of all of them. Training and scoring name the tables that they compute with.
struct ParameterTable {
  /// The part of a model that holds rows.
  typealias Rows = WritableKeyPath<Model, [Float]>

  /// What has a row.
  let entity: TensorAxis.Entity
  /// The rows, one after the other.
  let rows: Rows
  /// The random numbers that fresh rows are drawn from.
  let stream: UInt64
  /// The rows of features whose weighted sums are in these rows; nil for none.
  var features: Rows?
  /// How many numbers a row has, padding included.
  var stride: KeyPath<ParameterLayout, Int> = \.rowStride
  /// What a row consists of: a tensor `ENTITY.NAME` each.
  var columns: KeyPath<ParameterLayout, [ParameterLayout.Columns]> = \.rowColumns
}

extension Model {
  /// Every table; the parameters that are in none of them are `dense`.
  static var tables: [ParameterTable] {
    [
      ParameterTable(entity: .user, rows: \.users, stream: 1, features: \.userFeatures),
      ParameterTable(entity: .item, rows: \.items, stream: 2, features: \.itemFeatures),
      ParameterTable(entity: .userFeature, rows: \.userFeatures, stream: 6),
      ParameterTable(entity: .itemFeature, rows: \.itemFeatures, stream: 7),
    ]
  }

  /// Every parameter, padding included.
  static var parameters: [ParameterTable.Rows] { tables.map(\.rows) + [\.dense] }

  /// Counts the numbers of each user, item or feature in all tables together, padding included.
  package static func rowWidth(of entity: TensorAxis.Entity, _ spec: ModelSpec) -> Int {
    let layout = ParameterLayout(spec)
    return tables.filter { $0.entity == entity }.reduce(0) { $0 + layout[keyPath: $1.stride] }
  }

  /// Counts the numbers of a model in memory, padding included.
  package static func paddedCount(_ spec: ModelSpec, _ counts: RowCounts) -> Int {
    let layout = ParameterLayout(spec)
    return tables.reduce(layout.denseCount) {
      $0 + counts[$1.entity] * layout[keyPath: $1.stride]
    }
  }
}

extension ContentFeatures {
  /// The lists of users or of items.
  subscript(entity: TensorAxis.Entity) -> FeatureLists { entity == .user ? users : items }
}
