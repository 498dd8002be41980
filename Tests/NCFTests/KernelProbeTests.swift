import Kernels
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

  /// Through the edges of a block (12 x 32), of a chain (256) and of rows that are too far apart to be
  /// read where they are.
  @Test(arguments: Kernels.supported)
  func productsOfMatricesAgreeAtEveryLength(bits: Int) {
    for rows in Array(1...13) + [130] {
      for columns in Array(1...35) + [64, 72, 80, 100] {
        for inner in [1, 2, 7, 16, 127, 128, 129, 255, 256, 257] {
          for probe in KernelProbe.products(rows: rows, columns: columns, inner: inner, bits: bits)
          {
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
