/// A model as named tensors, without padding, so that other programs can compute with them.
///
/// `user.gmf` and `item.gmf` are count x factors, `user.mlp` and `item.mlp` count x half the tower's
/// input, `tower.N.weight` is input x output and `tower.N.bias` output, N from 0; `output.gmf`,
/// `output.mlp` and `output.bias` are the last layer. With `p, q` rows of these, the logit is
/// `output.gmf . (p_gmf * q_gmf) + output.mlp . tower([p_mlp; q_mlp]) + output.bias`, where each layer
/// computes `f(x W + b)`. Shared embeddings are `user.gmf` and `item.gmf` alone; fusion by sum adds
/// `p_gmf * q_gmf` inside the one layer's `f` and has no `output.gmf`. Where there are content features,
/// their rows are `user_feature.gmf`, `item_feature.gmf` and likewise `.mlp`; the rows of users and items
/// hold their sums already, so computing scores needs none of them.
extension Model {
  /// The tensors.
  package var tensors: [SafeTensors.Tensor] {
    Self.parts(layout, counts).map {
      SafeTensors.Tensor(name: $0.name, axis: $0.axis, shape: $0.shape, floats: numbers(of: $0))
    }
  }

  /// The numbers of a tensor.
  ///
  /// - Parameter name: as above.
  /// - Returns: nil when the shape has none of that name.
  package func numbers(of name: String) -> [Float]? {
    Self.parts(layout, counts).first { $0.name == name }.map { numbers(of: $0) }
  }

  /// Counts the numbers of all tensors that a shape needs.
  package static func parameterCount(_ spec: ModelSpec, _ counts: RowCounts) -> Int {
    parts(ParameterLayout(spec), counts).reduce(0) { $0 + $1.shape.reduce(1, *) }
  }

  /// Reads a model back.
  ///
  /// - Parameters:
  ///   - file: a file that has the tensors.
  ///   - spec: the shape, without a `problem`.
  ///   - userCount: how many users it must have.
  ///   - itemCount: how many items it must have.
  /// - Throws: `CheckpointError` when a tensor is missing, or not of the size that the shape needs.
  package init(
    _ file: SafeTensors, spec: ModelSpec, userCount: Int, itemCount: Int
  ) throws(CheckpointError) {
    let layout = ParameterLayout(spec)
    let all = Self.parts(layout, RowCounts(users: 1, items: 1, userFeatures: 1, itemFeatures: 1))
    func featureCount(_ entity: TensorAxis.Entity) -> Int {
      let name = all.first { $0.axis == .rows(entity) }?.name
      return file.tensors.first { $0.name == name }?.shape.first ?? 0
    }
    let counts = RowCounts(
      users: userCount, items: itemCount, userFeatures: featureCount(.userFeature),
      itemFeatures: featureCount(.itemFeature))
    // Before memory is taken for it: a shape that the file can't fill may ask for any amount.
    var read: [(part: Part, tensor: SafeTensors.Tensor)] = []
    for part in Self.parts(layout, counts) {
      let tensor = try file.tensor(part.name, .f32)
      guard tensor.shape == part.shape else {
        throw CheckpointError(
          "the tensor \(part.name) has shape \(tensor.shape), not \(part.shape)")
      }
      read.append((part, tensor))
    }
    self.init(zeros: spec, counts)
    for (part, tensor) in read {
      switch part.place {
      case .columns(let columns, let table):
        self[keyPath: table.rows].fill(
          columns, layout[keyPath: table.stride], with: tensor.floats)
      case .dense(let ranges):
        var values = tensor.floats[...]
        for range in ranges {
          dense.replaceSubrange(range, with: values.prefix(range.count))
          values = values.dropFirst(range.count)
        }
      }
    }
  }

  /// A tensor: its name and shape, and where its numbers lie in the model.
  private struct Part {
    enum Place {
      /// Columns of a table's rows.
      case columns(ParameterLayout.Columns, of: ParameterTable)
      /// Stretches of the dense parameters, one after the other.
      case dense([Range<Int>])
    }
    var name: String
    var shape: [Int]
    var place: Place

    var axis: TensorAxis {
      switch place {
      case .columns(_, let table): .rows(table.entity)
      case .dense: .dense
      }
    }
  }

  private func numbers(of part: Part) -> [Float] {
    switch part.place {
    case .columns(let columns, let table):
      self[keyPath: table.rows].taking(columns, layout[keyPath: table.stride])
    case .dense(let ranges): ranges.flatMap { dense[$0] }
    }
  }

  /// Every tensor that a shape needs, in the order of the file.
  private static func parts(_ layout: ParameterLayout, _ counts: RowCounts) -> [Part] {
    func rows(_ isWanted: (_ entity: TensorAxis.Entity, _ name: String) -> Bool) -> [Part] {
      tables.flatMap { table in
        layout[keyPath: table.columns].filter { isWanted(table.entity, $0.name) }.map {
          Part(
            name: "\(table.entity.rawValue).\($0.name)", shape: [counts[table.entity], $0.width],
            place: .columns($0, of: table))
        }
      }
    }
    var parts = rows { entity, _ in entity.isFeature && counts[entity] > 0 }
    func add(_ name: String, _ shape: [Int], at ranges: [Range<Int>]) {
      parts.append(Part(name: name, shape: shape, place: .dense(ranges)))
    }
    parts += rows { !$0.isFeature && $1 == "gmf" }
    if layout.outputFactors > 0 {
      add("output.gmf", [layout.outputFactors], at: [layout.gmfOutputRange])
    }
    parts += rows { !$0.isFeature && $1 != "gmf" }
    for (index, layer) in layout.layers.enumerated() {
      add("tower.\(index).weight", [layer.input, layer.output], at: [layer.weightRange])
      add("tower.\(index).bias", [layer.output], at: [layer.biasRange])
    }
    if let last = layout.spec.tower.last {
      add("output.mlp", [last], at: layout.mlpOutputRanges)
    }
    add("output.bias", [1], at: [layout.outputBias..<layout.outputBias + 1])
    return parts
  }
}

extension [Float] {
  /// Columns of all rows, without what lies between.
  fileprivate func taking(_ columns: ParameterLayout.Columns, _ width: Int) -> [Float] {
    var result: [Float] = []
    result.reserveCapacity(count / width * columns.width)
    for row in stride(from: columns.start, to: count, by: width) {
      result += self[row..<row + columns.width]
    }
    return result
  }

  /// Fills columns of all rows.
  fileprivate mutating func fill(
    _ columns: ParameterLayout.Columns, _ width: Int, with values: [Float]
  ) {
    var source = 0
    for row in stride(from: columns.start, to: count, by: width) {
      for column in 0..<columns.width { self[row + column] = values[source + column] }
      source += columns.width
    }
  }
}
