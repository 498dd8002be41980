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
