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
}
