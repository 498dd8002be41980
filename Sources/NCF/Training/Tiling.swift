/// How a batch is cut: into shards that threads take, and tiles that fit the caches.
struct Tiling: Sendable {
  let groupsPerTile: Int
  private let groupSize: Int

  init(layout: ParameterLayout, groups: Int, groupSize: Int) {
    // Wide towers want taller tiles: the weights are read once a tile.
    let widest = layout.layers.map { $0.input * $0.output }.max() ?? 0
    let samples = widest > 32_768 ? 512 : 128
    groupsPerTile = min(groups, max(1, (samples + groupSize - 1) / groupSize))
    self.groupSize = groupSize
  }

  /// The first group of a shard; the number of groups for the shard after the last.
  func firstGroup(ofShard shard: Int, groups: Int) -> Int {
    groups * shard / shards(ofGroups: groups)
  }

  /// How many shards a batch has; it depends on the batch alone, never on the threads.
  func shards(ofGroups groups: Int) -> Int {
    min(groups, max(1, min(16, (groups * groupSize + 64) / 128)))
  }
}
