import Baselines
import NCF
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

  @Test("What is known already counts as done, and never less is")
  func done() throws {
    let small = Method.Start.sum([
      .ials(ALSOptions(factors: 2, regularization: 1, alpha: 1, iterations: 3)),
      .mf(MFOptions(factors: 3, iterations: 2)),
    ])
    func neural(_ pretrain: PreTraining, tower: [Int] = [8, 4]) -> Method {
      var options = PlantedLog.training
      options.pretrain = pretrain
      return .neural(
        Method.Neural(
          spec: ModelSpec(gmfWidth: pretrain == .factors ? 7 : 4, tower: tower), options: options,
          start: pretrain == .factors ? small : nil))
    }
    let methods = [
      neural(.none), neural(.parts), neural(.factors), neural(.factors, tower: []), .itemPop,
    ]
    let trials =
      (methods + small.methods).map { Trial($0, seed: 1, refit: true) }
      + [Trial(choosing: methods, seed: 1, refit: true), Trial(methods[1], seed: 1)]
    var told: [(done: Double, seconds: Double)] = []
    let runner = PlantedLog.runner(report: {
      if case .working(_, let done, let seconds) = $0 { told.append((done, seconds)) }
    })
    for trial in trials {
      told = []
      _ = try runner.run(trial)
      #expect(zip(told, told.dropFirst()).allSatisfy { $0.done <= $1.done })
      let last = try #require(told.last)
      #expect(told[0].done < trial.cost)
      // The refit is of the best of several, which may not be the one that costs most.
      if trial.methods.count == 1 {
        #expect(abs(last.done / trial.cost - 1) < 1e-9)
      } else {
        #expect(last.done <= trial.cost)
      }
    }
  }
}
