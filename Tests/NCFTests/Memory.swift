import Lanes

@testable import NCF

/// Buffers for a test, kept for as long as the test.
final class Memory {
  private var storages: [AnyObject] = []

  func floats(count: Int) -> Buffer<Float> { keep(Storage<Float>(count: count)) }

  func floats(_ values: [Float]) -> Buffer<Float> { keep(Storage(values)) }

  func words(_ values: [UInt32]) -> Buffer<UInt32> {
    let storage = Storage(values)
    storages.append(storage)
    return storage.buffer
  }

  /// The numbers of a buffer that came from here.
  func array(of buffer: Buffer<Float>) -> [Float] { (0..<buffer.count).map { buffer[$0] } }

  private func keep(_ storage: Storage<Float>) -> Buffer<Float> {
    storages.append(storage)
    return storage.buffer
  }
}
