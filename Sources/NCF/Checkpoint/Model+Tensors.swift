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
    Self.parts(
      layout, userCount: userCount, itemCount: itemCount, userFeatures: userFeatureCount,
      itemFeatures: itemFeatureCount
    ).map { part in
      let floats =
        switch part.place {
        case .rows(let table, let start):
          columns(self[keyPath: table], from: start, width: part.shape[1])
        case .dense(let ranges): ranges.flatMap { dense[$0] }
        }
      return SafeTensors.Tensor(
        name: part.name, axis: part.axis, shape: part.shape, floats: floats)
    }
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
    let (userFeatureCount, itemFeatureCount) = (
      Self.featureCount("user_feature", spec, in: file),
      Self.featureCount("item_feature", spec, in: file)
    )
    // Before memory is taken for it: a shape that the file can't fill may ask for any amount.
    var read: [(part: Part, tensor: SafeTensors.Tensor)] = []
    for part in Self.parts(
      ParameterLayout(spec), userCount: userCount, itemCount: itemCount,
      userFeatures: userFeatureCount, itemFeatures: itemFeatureCount)
    {
      let tensor = try file.tensor(part.name, .f32)
      guard tensor.shape == part.shape else {
        throw CheckpointError(
          "the tensor \(part.name) has shape \(tensor.shape), not \(part.shape)")
      }
      read.append((part, tensor))
    }
    self.init(
      zeros: spec, userCount: userCount, itemCount: itemCount, userFeatures: userFeatureCount,
      itemFeatures: itemFeatureCount)
    for (part, tensor) in read {
      switch part.place {
      case .rows(let table, let start):
        place(tensor.floats, in: &self[keyPath: table], from: start, width: part.shape[1], layout)
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
      /// Columns of a table's rows, from the first one on.
      case rows(WritableKeyPath<Model, [Float]>, from: Int)
      /// Stretches of the dense parameters, one after the other.
      case dense([Range<Int>])
    }
    var name: String
    var axis: TensorAxis
    var shape: [Int]
    var place: Place
  }

  /// Every tensor that a shape needs, in the order of the file.
  private static func parts(
    _ layout: ParameterLayout, userCount: Int, itemCount: Int, userFeatures: Int, itemFeatures: Int
  ) -> [Part] {
    typealias Table = (entity: TensorAxis.Entity, count: Int, path: WritableKeyPath<Model, [Float]>)
    let spec = layout.spec
    func rows(_ branch: String, of tables: [Table]) -> [Part] {
      let (width, start) =
        branch == "gmf"
        ? (spec.gmfWidth, 0) : (spec.sharedEmbeddings ? 0 : spec.mlpWidth, layout.mlpColumn)
      return width == 0
        ? []
        : tables.map {
          Part(
            name: "\($0.entity.rawValue).\(branch)", axis: .rows($0.entity),
            shape: [$0.count, width], place: .rows($0.path, from: start))
        }
    }
    var parts: [Part] = []
    func add(_ name: String, _ shape: [Int], at ranges: [Range<Int>]) {
      parts.append(Part(name: name, axis: .dense, shape: shape, place: .dense(ranges)))
    }
    let features: [Table] = [
      (.userFeature, userFeatures, \.userFeatures),
      (.itemFeature, itemFeatures, \.itemFeatures),
    ]
    for table in features where table.count > 0 {
      parts += rows("gmf", of: [table]) + rows("mlp", of: [table])
    }
    let embeddings: [Table] = [(.user, userCount, \.users), (.item, itemCount, \.items)]
    parts += rows("gmf", of: embeddings)
    if layout.outputFactors > 0 {
      add("output.gmf", [layout.outputFactors], at: [layout.gmfOutputRange])
    }
    parts += rows("mlp", of: embeddings)
    for (index, layer) in layout.layers.enumerated() {
      add("tower.\(index).weight", [layer.input, layer.output], at: [layer.weightRange])
      add("tower.\(index).bias", [layer.output], at: [layer.biasRange])
    }
    if let last = spec.tower.last { add("output.mlp", [last], at: layout.mlpOutputRanges) }
    add("output.bias", [1], at: [layout.outputBias..<layout.outputBias + 1])
    return parts
  }

  /// How many content features the first of a file's tensors of them says that there are; 0 without one.
  private static func featureCount(_ name: String, _ spec: ModelSpec, in file: SafeTensors) -> Int {
    let first = spec.gmfWidth > 0 ? "\(name).gmf" : "\(name).mlp"
    return file.tensors.first { $0.name == first }?.shape.first ?? 0
  }

  private func columns(_ rows: [Float], from start: Int, width: Int) -> [Float] {
    var result: [Float] = []
    result.reserveCapacity(rows.count / max(layout.rowStride, 1) * width)
    for row in stride(from: start, to: rows.count, by: layout.rowStride) {
      result += rows[row..<row + width]
    }
    return result
  }
}

private func place(
  _ values: [Float], in rows: inout [Float], from start: Int, width: Int, _ layout: ParameterLayout
) {
  var source = 0
  for row in stride(from: start, to: rows.count, by: layout.rowStride) {
    for column in 0..<width { rows[row + column] = values[source + column] }
    source += width
  }
}
