import Baselines
import Interactions
import NCF

/// Neighbours as named tensors.
///
/// `item.items` are those that have an item among their neighbours, `item.similarities` how alike they
/// are, and `item.offsets` where each item's begin and the last one's end. `user.items` and
/// `user.offsets` are the interactions that scores are sums over, `user.weights` their weights, if they
/// have any. `item.base` is what each item scores for everyone, if anything.
extension ItemKNN {
  /// The tensors.
  var tensors: [SafeTensors.Tensor] {
    typealias Tensor = SafeTensors.Tensor
    let byItem = TensorAxis.lists(.item, offsets: "item.offsets")
    let byUser = TensorAxis.lists(.user, offsets: "user.offsets")
    func integers(_ name: String, _ axis: TensorAxis, _ values: [some BinaryInteger]) -> Tensor {
      Tensor(name: name, axis: axis, integers: values.map { Int64($0) })
    }
    func floats(_ name: String, _ axis: TensorAxis, _ values: [Float]) -> Tensor {
      Tensor(name: name, axis: axis, shape: [values.count], floats: values)
    }
    return [
      integers("item.offsets", .offsets(.item), offsets), integers("item.items", byItem, items),
      floats("item.similarities", byItem, similarities),
      integers("user.offsets", .offsets(.user), positives.offsets),
      integers("user.items", byUser, positives.items),
    ] + (weights.isEmpty ? [] : [floats("user.weights", byUser, weights)])
      + (base.isEmpty ? [] : [floats("item.base", .rows(.item), base)])
  }

  /// Reads neighbours back.
  ///
  /// - Throws: `CheckpointError`, `DamagedModel` when lists are not what they must be.
  init(_ file: SafeTensors, options: KNNOptions, userCount: Int, itemCount: Int) throws {
    func lists(_ whose: String, count: Int) throws -> ([Int], [UInt32]) {
      let offsets = try file.tensor("\(whose).offsets", .i64).integers
      let items = try file.tensor("\(whose).items", .i64).integers
      guard offsets.count == count + 1, offsets.first == 0, offsets.last == Int64(items.count),
        zip(offsets, offsets.dropFirst()).allSatisfy({ $0 <= $1 }),
        items.allSatisfy({ (0..<Int64(itemCount)).contains($0) })
      else { throw DamagedModel(description: "the lists \(whose).items are not in order") }
      return (offsets.map { Int($0) }, items.map { UInt32($0) })
    }
    let (offsets, items) = try lists("item", count: itemCount)
    let (userOffsets, userItems) = try lists("user", count: userCount)
    let similarities = try file.tensor("item.similarities", .f32).floats
    var (weights, base): ([Float], [Float]) = ([], [])
    if file.tensors.contains(where: { $0.name == "item.base" }) {
      base = try file.tensor("item.base", .f32).floats
      guard base.count == itemCount else {
        throw DamagedModel(description: "item.base does not hold a number for each item")
      }
    }
    if file.tensors.contains(where: { $0.name == "user.weights" }) {
      weights = try file.tensor("user.weights", .f32).floats
    }
    guard similarities.count == items.count, weights.isEmpty || weights.count == userItems.count
    else { throw DamagedModel(description: "it has items without a similarity or a weight") }
    self.init(
      options: options, itemCount: itemCount,
      positives: UserItems(offsets: userOffsets, items: userItems), weights: weights,
      offsets: offsets, items: items, similarities: similarities, base: base)
  }
}
