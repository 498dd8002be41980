import NCF
import Testing

@Suite struct KernelProbeTests {
  @Test func everyTimedKernelAgreesWithItsPlainTwin() {
    #expect(KernelProbe.all.count >= 10)
    for probe in KernelProbe.all {
      #expect(probe.deviation() < 1e-5, "\(probe.name)")
      #expect(probe.work() > 0)
    }
  }

  /// Through the edges of a block (6 x 16), of a step of the inner dimension (128) and of rows that are
  /// too far apart to be read where they are.
  @Test(arguments: KernelProbe.ways)
  func productsOfMatricesAgreeAtEveryLength(way: String) {
    for rows in Array(1...13) + [130] {
      for columns in Array(1...35) + [64, 72, 80, 100] {
        for inner in [1, 2, 7, 16, 127, 128, 129, 257] {
          for probe in KernelProbe.products(rows: rows, columns: columns, inner: inner, way: way) {
            #expect(probe.deviation() < 1e-5, "\(probe.name)")
          }
        }
      }
    }
  }

  @Test(arguments: Activation.allCases)
  func aLayerOnAPanelAgreesAtEveryLength(activation: Activation) {
    for inputs in 1...19 {
      for outputs in 1...19 {
        let probe = KernelProbe.panel(inputs: inputs, outputs: outputs, activation: activation)
        #expect(probe.deviation() < 1e-5, "\(inputs) x \(outputs)")
      }
    }
  }
}
