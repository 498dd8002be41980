import Baselines
import NCF
import Recommenders
import Synchronization
import Testing

@testable import Experiments

/// How long an experiment takes still.
struct PaceTests {
  @Test("Nothing is said while nothing has been seen")
  func unknown() {
    #expect(Pace().secondsLeft(Pace.Course(cost: 10, done: 0, seconds: 3), rest: 5) == nil)
  }

  @Test("A first trial goes by its own pace, and so do those after it")
  func first() throws {
    let left = try #require(
      Pace().secondsLeft(Pace.Course(cost: 10, done: 2, seconds: 4), rest: 5))
    #expect(abs(left - (2 * 8 + 2 * 5)) < 1e-9)
  }

  @Test("At its beginning a trial is expected to be as fast as finished ones")
  func beginning() throws {
    var pace = Pace()
    pace.add(cost: 20, seconds: 10)
    let left = pace.secondsLeft(Pace.Course(cost: 10, done: 0, seconds: 0), rest: 6)
    #expect(left == 0.5 * 10 + 0.5 * 6)
  }

  @Test("A trial that is slower than its cost says is soon known to be", arguments: [0.1, 0.9])
  func slower(share: Double) throws {
    var pace = Pace()
    pace.add(cost: 100, seconds: 100)
    // Eight times slower than finished ones; that was nothing left after an eighth of it.
    let course = Pace.Course(cost: 100, done: 100 * share, seconds: 800 * share)
    let left = try #require(pace.secondsLeft(course, rest: 0))
    #expect(abs(left - 800 * (1 - share)) < 1e-9)
  }

  private static let start = [
    BaselineSetup(ALSOptions(factors: 2, regularization: 1, alpha: 1, iterations: 3)),
    BaselineSetup(MFOptions(factors: 3, iterations: 2)),
  ]

  private static func network(_ pretrain: PreTraining, tower: [Int] = [8, 4]) -> Method {
    var options = PlantedLog.training
    options.pretrain = pretrain
    // The factors and two biases of the start.
    let spec = ModelSpec(gmfWidth: pretrain == .factors ? 7 : 4, tower: tower)
    return .network(
      Method.Network(spec: spec, options: options, start: pretrain == .factors ? start : []))
  }

  private static let methods =
    [
      network(.none), network(.parts), network(.factors), network(.factors, tower: []),
      Method(ItemPopOptions()),
    ] + start.map { .baseline($0) }

  @Test(
    "What is done grows from trial's begin to end, where it is all of the cost",
    arguments: methods.map { Trial($0, seed: 1, refit: true) }
      + [Trial(methods[1], seed: 1), Trial(methods[2], seed: 1, purpose: .validation)])
  func done(trial: Trial) throws {
    var told: [Double] = []
    let runner = PlantedLog.runner(report: {
      if case .working(_, let done, _) = $0 { told.append(done) }
    })
    _ = try runner.run(trial)
    #expect(zip(told, told.dropFirst()).allSatisfy { $0 <= $1 })
    #expect(try #require(told.first) < trial.cost)
    #expect(abs(try #require(told.last) / trial.cost - 1) < 1e-9)
  }

  @Test("The refit of the best of several may cost less than that of the dearest")
  func choosing() throws {
    var told: [Double] = []
    let runner = PlantedLog.runner(report: {
      if case .working(_, let done, _) = $0 { told.append(done) }
    })
    let trial = Trial(choosing: Self.methods, seed: 1, refit: true)
    let chosen = trial.methods[try runner.run(trial).chosen]
    let trained = Self.methods.reduce(0) { $0 + $1.cost }
    #expect(zip(told, told.dropFirst()).allSatisfy { $0 <= $1 })
    let last = try #require(told.last)
    #expect(abs(last / (trained + Trial.refitShare * chosen.cost) - 1) < 1e-9)
    #expect(last <= trial.cost)
  }

  @Test("Factorisations that are known already count with the seconds that they took")
  func known() throws {
    let clock = Atomic(0)
    @Sendable func now() -> Double { Double(clock.wrappingAdd(1, ordering: .relaxed).newValue) }
    var last = 0.0
    let runner = TrialRunner(
      data: PlantedLog.data, pool: PlantedLog.pool, clock: now,
      report: { if case .working(_, _, let seconds) = $0 { last = seconds } })
    let trial = Trial(Self.network(.factors), seed: 1, purpose: .validation)
    var spans: [(told: Double, real: Double)] = []
    for _ in 0..<2 {
      let began = now()
      _ = try runner.run(trial)
      spans.append((told: last, real: now() - began))
    }
    #expect(spans[0].told < spans[0].real)
    #expect(spans[1].real < spans[0].real)
    #expect(spans[1].told > spans[1].real)
  }
}
