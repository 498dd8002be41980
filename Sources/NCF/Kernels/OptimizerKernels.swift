import Elementary
import Kernels
import Lanes

extension AdamStep {
  /// Prepares step `step`, counted from 1.
  init(step: Int, learningRate: Float) {
    let first = 1 - Elementary.pow(Double(Float(0.9)), Double(step))
    let second = 1 - Elementary.pow(Double(Float(0.999)), Double(step))
    self.init(
      rate: Float(Double(learningRate) / first), correction: Float(1 / second.squareRoot()))
  }
}

/// Steps of the optimisers over runs of parameters; counts are multiples of 8.
enum OptimizerKernels {
  /// Moves a run of parameters, with its moments `width` and twice `width` numbers behind it.
  static func move(
    _ run: Buffer<Float>, width: Int, gradient: Buffer<Float>, count: Int, step: OptimizerStep
  ) {
    let behind =
      switch step {
      case .adam: 2
      case .adagrad: 1
      case .sgd: 0
      }
    precondition(run.count >= behind * width + count && gradient.count >= count)
    precondition(count % 8 == 0)
    unsafe Kernels.active.pointee.move(run, width, gradient, count, step)
  }

  /// Moves rows of a table, each with its gradients summed in their order; the sum takes the place of
  /// the first.
  static func moveRows(
    _ moves: RowMoves, of table: Buffer<Float>, pitch: Int, width: Int, gradients: Buffer<Float>,
    step: OptimizerStep
  ) {
    precondition(width % 8 == 0 && pitch >= width && moves.slots.count >= moves.count)
    unsafe Kernels.active.pointee.moveRows(moves, table, pitch, width, gradients, step)
  }
}
