import Lanes
import Parallelism

/// What scoring needs of all items, computed once: panels of 16 items each.
///
/// A panel holds the items' halves of the first layer (of the output, where there is no layer), a row
/// for each number, and then their factors, a row for each.
struct ItemPanels {
  /// How many items there are; the last panel is filled up with zeros.
  let count: Int
  /// Rows of a panel before the factors: outputs of the first layer.
  let hiddenRows: Int
  /// Rows of factors: of the GMF, or of the products that fusion by sum adds to the first layer.
  let factorRows: Int
  /// Keeps `panels`.
  private let storage: Storage<Float>
  private let panels: Buffer<Float>

  /// Computes them.
  ///
  /// - Parameters:
  ///   - items: rows of the item table.
  ///   - count: how many.
  ///   - layout: where numbers lie.
  ///   - dense: the dense parameters.
  ///   - pool: shares the work out; nil does it on the calling thread.
  init(
    _ items: Storage<Float>, count: Int, layout: ParameterLayout, dense: Storage<Float>,
    pool: WorkerPool?
  ) {
    self.count = count
    hiddenRows = layout.hiddenWidth
    factorRows = layout.spec.gmfWidth
    let height = hiddenRows + factorRows
    let storage = Storage<Float>(count: Self.panels(count) * height * PanelKernels.width)
    self.storage = storage
    panels = storage.buffer
    let work: @Sendable (Int, Int) -> Void = { panel, _ in
      let first = panel * PanelKernels.width
      Self.fill(
        storage.buffer.from(first * height), from: first..<min(first + PanelKernels.width, count),
        of: items.buffer, layout, dense.buffer)
    }
    // A buffer doesn't keep its storage: rows and weights must outlive the work on them.
    withExtendedLifetime((items, dense)) {
      if let pool {
        pool.forEach(Self.panels(count), work)
      } else {
        for panel in 0..<Self.panels(count) { work(panel, 0) }
      }
    }
  }

  private static func panels(_ count: Int) -> Int {
    (count + PanelKernels.width - 1) / PanelKernels.width
  }

  /// The panel that holds items `16 index` to `16 index + 15`.
  @inline(__always)
  func panel(_ index: Int) -> Buffer<Float> {
    panels.from(index * (hiddenRows + factorRows) * PanelKernels.width)
  }

  /// Copies items to the columns of a panel, in their order, 16 at most.
  func gather(_ items: Span<UInt32>, from start: Int, count: Int, into target: Buffer<Float>) {
    for column in 0..<count {
      let item = Int(items[start + column])
      precondition(item < self.count, "no such item")
      let source = panel(item / PanelKernels.width).from(item % PanelKernels.width)
      for row in 0..<hiddenRows + factorRows {
        target[row * PanelKernels.width + column] = source[row * PanelKernels.width]
      }
    }
  }

  private static func fill(
    _ panel: Buffer<Float>, from items: Range<Int>, of rows: Buffer<Float>,
    _ layout: ParameterLayout, _ dense: Buffer<Float>
  ) {
    let width = PanelKernels.width
    let hidden = layout.hiddenWidth
    for (column, item) in items.enumerated() {
      let row = rows.from(item * layout.rowStride)
      for factor in 0..<layout.spec.gmfWidth {
        panel[(hidden + factor) * width + column] = row[factor]
      }
    }
    if let layer = layout.layers.first {
      let half = layout.spec.mlpWidth
      let halves = Storage<Float>(count: items.count * hidden)
      MatrixProduct().multiply(
        Matrix(
          rows.from(items.lowerBound * layout.rowStride + layout.mlpColumn),
          stride: layout.rowStride),
        Matrix(dense.from(layer.weights + half * layer.output), stride: layer.output),
        into: Matrix(halves.buffer, stride: hidden),
        rows: items.count, inner: half, columns: hidden)
      for column in 0..<items.count {
        for output in 0..<hidden {
          panel[output * width + column] = halves.buffer[column * hidden + output]
        }
      }
    } else if layout.isLayerless {
      for (column, item) in items.enumerated() {
        panel[column] = OutputKernels.dot(
          rows.from(item * layout.rowStride + layout.mlpColumn),
          dense.from(layout.mlpOutput + layout.mlpStride), count: layout.mlpStride)
      }
    }
  }
}

extension ParameterLayout {
  /// Numbers in an item's (user's) half of the first layer, or of the output where there is no layer.
  var hiddenWidth: Int { layers.first?.output ?? (isLayerless ? 1 : 0) }
}
