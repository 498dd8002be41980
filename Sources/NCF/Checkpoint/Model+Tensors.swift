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
    self.init(zeros: spec, userCount: userCount, itemCount: itemCount)
    func read(_ name: String, _ shape: [Int]) throws(CheckpointError) -> [Float] {
      let tensor = try file.tensor(name, .f32)
      guard tensor.shape == shape else {
        throw CheckpointError("the tensor \(name) has shape \(tensor.shape), not \(shape)")
      }
      return tensor.floats
    }
    let gmf = spec.gmfWidth
    let mlp = spec.mlpWidth
    func features(_ name: String) throws(CheckpointError) -> [Float] {
      let parts = [("gmf", 0, gmf), ("mlp", layout.mlpColumn, spec.sharedEmbeddings ? 0 : mlp)]
        .filter { $0.2 > 0 }
      guard let first = parts.first,
        let count = file.tensors.first(where: { $0.name == "\(name).\(first.0)" })?.shape.first
      else { return [] }
      var rows = [Float](repeating: 0, count: count * layout.rowStride)
      for (part, column, width) in parts {
        place(try read("\(name).\(part)", [count, width]), in: &rows, from: column, width: width)
      }
      return rows
    }
    userFeatures = try features("user_feature")
    itemFeatures = try features("item_feature")
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
