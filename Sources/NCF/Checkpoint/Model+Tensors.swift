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
    var tensors: [SafeTensors.Tensor] = []
    func add(_ name: String, _ shape: [Int], _ floats: [Float]) {
      tensors.append(SafeTensors.Tensor(name: name, shape: shape, floats: floats))
    }
    let gmf = spec.gmfWidth
    let mlp = spec.mlpWidth
    for (name, rows, count) in [
      ("user_feature", userFeatures, userFeatureCount),
      ("item_feature", itemFeatures, itemFeatureCount),
    ] where count > 0 {
      if gmf > 0 { add("\(name).gmf", [count, gmf], columns(rows, from: 0, width: gmf)) }
      if mlp > 0, !spec.sharedEmbeddings {
        add("\(name).mlp", [count, mlp], columns(rows, from: layout.mlpColumn, width: mlp))
      }
    }
    if gmf > 0 {
      add("user.gmf", [userCount, gmf], columns(users, from: 0, width: gmf))
      add("item.gmf", [itemCount, gmf], columns(items, from: 0, width: gmf))
      if layout.outputFactors > 0 {
        add("output.gmf", [gmf], Array(dense[layout.gmfOutput..<layout.gmfOutput + gmf]))
      }
    }
    if mlp > 0 {
      if !spec.sharedEmbeddings {
        add("user.mlp", [userCount, mlp], columns(users, from: layout.mlpColumn, width: mlp))
        add("item.mlp", [itemCount, mlp], columns(items, from: layout.mlpColumn, width: mlp))
      }
      for (index, layer) in layout.layers.enumerated() {
        let weights = dense[layer.weights..<layer.weights + layer.input * layer.output]
        add("tower.\(index).weight", [layer.input, layer.output], Array(weights))
        add(
          "tower.\(index).bias", [layer.output],
          Array(dense[layer.bias..<layer.bias + layer.output]))
      }
      let outputs = mlpOutputRanges.flatMap { dense[$0] }
      add("output.mlp", [outputs.count], outputs)
    }
    add("output.bias", [1], [dense[layout.outputBias]])
    return tensors
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
    // Before memory is taken for it: a shape that the file can't fill may ask for any amount.
    let (userFeatureCount, itemFeatureCount) = (
      Self.featureCount("user_feature", spec, in: file),
      Self.featureCount("item_feature", spec, in: file)
    )
    let shapes =
      Self.shapes(spec, userCount: userCount, itemCount: itemCount)
      + Self.featureShapes("user_feature", spec, count: userFeatureCount)
      + Self.featureShapes("item_feature", spec, count: itemFeatureCount)
    for (name, shape) in shapes { _ = try Self.tensor(name, shape, in: file) }
    self.init(zeros: spec, userCount: userCount, itemCount: itemCount)
    func read(_ name: String, _ shape: [Int]) throws(CheckpointError) -> [Float] {
      try Self.tensor(name, shape, in: file).floats
    }
    let gmf = spec.gmfWidth
    let mlp = spec.mlpWidth
    func features(_ name: String, count: Int) throws(CheckpointError) -> [Float] {
      var rows = [Float](repeating: 0, count: count * layout.rowStride)
      for (tensor, shape) in Self.featureShapes(name, spec, count: count) {
        let column = tensor.hasSuffix(".gmf") ? 0 : layout.mlpColumn
        place(try read(tensor, shape), in: &rows, from: column, width: shape[1])
      }
      return rows
    }
    userFeatures = try features("user_feature", count: userFeatureCount)
    itemFeatures = try features("item_feature", count: itemFeatureCount)
    if gmf > 0 {
      place(try read("user.gmf", [userCount, gmf]), in: &users, from: 0, width: gmf)
      place(try read("item.gmf", [itemCount, gmf]), in: &items, from: 0, width: gmf)
      if layout.outputFactors > 0 {
        dense.replaceSubrange(
          layout.gmfOutput..<layout.gmfOutput + gmf, with: try read("output.gmf", [gmf]))
      }
    }
    if mlp > 0 {
      if !spec.sharedEmbeddings {
        let start = layout.mlpColumn
        place(try read("user.mlp", [userCount, mlp]), in: &users, from: start, width: mlp)
        place(try read("item.mlp", [itemCount, mlp]), in: &items, from: start, width: mlp)
      }
      for (index, layer) in layout.layers.enumerated() {
        let size = layer.input * layer.output
        dense.replaceSubrange(
          layer.weights..<layer.weights + size,
          with: try read("tower.\(index).weight", [layer.input, layer.output]))
        dense.replaceSubrange(
          layer.bias..<layer.bias + layer.output,
          with: try read("tower.\(index).bias", [layer.output]))
      }
      let ranges = mlpOutputRanges
      var values = try read("output.mlp", [ranges.reduce(0) { $0 + $1.count }])[...]
      for range in ranges {
        dense.replaceSubrange(range, with: values.prefix(range.count))
        values = values.dropFirst(range.count)
      }
    }
    dense[layout.outputBias] = try read("output.bias", [1])[0]
  }

  /// Every tensor that a shape needs, and its size.
  private static func shapes(
    _ spec: ModelSpec, userCount: Int, itemCount: Int
  ) -> [(name: String, shape: [Int])] {
    let (gmf, mlp) = (spec.gmfWidth, spec.mlpWidth)
    var shapes: [(name: String, shape: [Int])] = [("output.bias", [1])]
    if gmf > 0 {
      shapes += [("user.gmf", [userCount, gmf]), ("item.gmf", [itemCount, gmf])]
      if spec.fusion != .sum { shapes.append(("output.gmf", [gmf])) }
    }
    guard let last = spec.tower.last else { return shapes }
    if !spec.sharedEmbeddings {
      shapes += [("user.mlp", [userCount, mlp]), ("item.mlp", [itemCount, mlp])]
    }
    for (index, (input, output)) in zip(spec.tower, spec.tower.dropFirst()).enumerated() {
      shapes += [("tower.\(index).weight", [input, output]), ("tower.\(index).bias", [output])]
    }
    shapes.append(("output.mlp", [last]))
    return shapes
  }

  /// The tensors of so many content features, of users or items, and their sizes.
  private static func featureShapes(
    _ name: String, _ spec: ModelSpec, count: Int
  ) -> [(name: String, shape: [Int])] {
    guard count > 0 else { return [] }
    let widths = [("gmf", spec.gmfWidth), ("mlp", spec.sharedEmbeddings ? 0 : spec.mlpWidth)]
    return widths.filter { $0.1 > 0 }.map { ("\(name).\($0.0)", [count, $0.1]) }
  }

  /// How many content features the first of a file's tensors of them says that there are; 0 without one.
  private static func featureCount(_ name: String, _ spec: ModelSpec, in file: SafeTensors) -> Int {
    guard let first = featureShapes(name, spec, count: 1).first else { return 0 }
    return file.tensors.first { $0.name == first.name }?.shape.first ?? 0
  }

  private static func tensor(
    _ name: String, _ shape: [Int], in file: SafeTensors
  ) throws(CheckpointError) -> SafeTensors.Tensor {
    let tensor = try file.tensor(name, .f32)
    guard tensor.shape == shape else {
      throw CheckpointError("the tensor \(name) has shape \(tensor.shape), not \(shape)")
    }
    return tensor
  }

  private func columns(_ rows: [Float], from start: Int, width: Int) -> [Float] {
    var result: [Float] = []
    result.reserveCapacity(rows.count / max(layout.rowStride, 1) * width)
    for row in stride(from: start, to: rows.count, by: layout.rowStride) {
      result += rows[row..<row + width]
    }
    return result
  }

  private func place(_ values: [Float], in rows: inout [Float], from start: Int, width: Int) {
    var source = 0
    for row in stride(from: start, to: rows.count, by: layout.rowStride) {
      for column in 0..<width { rows[row + column] = values[source + column] }
      source += width
    }
  }
}
