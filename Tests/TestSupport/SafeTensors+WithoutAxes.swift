package import NCF

extension SafeTensors {
  /// The same file as versions stored it that knew no axes.
  package var withoutAxes: SafeTensors {
    SafeTensors(
      tensors: tensors.map {
        Tensor(name: $0.name, axis: nil, kind: $0.kind, shape: $0.shape, bytes: $0.bytes)
      }, metadata: metadata)
  }
}
