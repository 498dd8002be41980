import Baselines
package import Interactions
package import Jobs
import NCF
import Recommenders
package import RunSupport
package import Source
import Store

/// Nights of a job as they would have been, one after the other, on a log that was read once.
///
/// Each takes the steps of a recorded run on the log as it was at its moment, and goes on from the night
/// before as those do. Models and lists stay in memory; nothing is recorded or published.
package final class NightReplay {
  /// A night that is about to be replayed.
  package struct Evening {
    /// The log as of its moment.
    fileprivate let pulled: Dataset
    /// Its moment, in seconds since 1970 UTC.
    package let moment: UInt32
    /// What was taken up until the next night.
    package let taken: NewItems
    /// A hash of both: another log, another hash.
    package let fingerprint: String
  }

  /// The night whose lists are live.
  private struct Live {
    let number: Int64
    let moment: UInt32
    let stored: LiveModel
    let knowledge: Knowledge
    let figures: LiveFigures
    let lists: NightLists
  }

  /// The choice of the newest search.
  private struct Choice {
    let value: MethodChoice
    let number: Int64
    let moment: UInt32
    var wasRefused = false
  }

  private let context: RunContext
  private let log: Dataset
  private let first: UInt32
  private let k: Int
  /// The last night's number, from 1.
  private var number: Int64 = 0
  private var live: Live?
  private var choice: Choice?
  /// Nights that were trained further since the last published one that was trained in full.
  private var fineTuned = 0

  /// Nights that are about to be replayed.
  ///
  /// - Parameters:
  ///   - context: of the job; its request is a replay's.
  ///   - log: what was read for all nights.
  ///   - first: the moment of the first night, in seconds since 1970 UTC.
  ///   - k: the length of the lists that is judged.
  package init(_ context: RunContext, _ log: Dataset, first: UInt32, k: Int) {
    (self.context, self.log, self.first, self.k) = (context, log, first, k)
  }

  /// The lists that are live; nil before a night has published.
  var lists: NightLists? { live?.lists }

  /// All users and items of the log.
  package var vocabularies: (users: Vocabulary, items: Vocabulary) { log.vocabularies }

  /// Cuts the log for a night.
  ///
  /// - Parameters:
  ///   - moment: of the night, in seconds since 1970 UTC.
  ///   - next: when its lists are judged no more.
  /// - Returns: what the night reads, and what became of its time.
  package func evening(_ moment: UInt32, until next: UInt32) -> Evening {
    let pulled = log.asOf(moment, first: first)
    let taken = log.newItems(from: moment, until: next)
    var fingerprint = Fingerprint()
    fingerprint.add([UInt8](pulled.fingerprint.utf8))
    let (users, items) = log.vocabularies
    fingerprint.add(taken.users.map { users.hash(at: Int($0)) })
    for own in taken.items { fingerprint.add(own.map { items.hash(at: Int($0)) }) }
    return Evening(
      pulled: pulled, moment: moment, taken: taken, fingerprint: fingerprint.text)
  }

  /// Replays the next night and judges the lists that are live after it.
  ///
  /// - Returns: how it went.
  /// - Throws: `BatchError`: 75 when interrupted, 78 where memory is short.
  package func night(_ evening: Evening) throws -> ReplayedNight {
    let began = context.clock()
    number += 1
    var night = ReplayedNight(
      course: .init(status: .published), reason: "",
      judged: JudgedLists(evening.taken, k: k) { _ in nil })
    var pulled = evening.pulled
    var made: Made?
    var begun: Prepared?
    do {
      try pulled.refuseEmpty()
      let prepared = try prepare(evening)
      begun = prepared
      pulled = prepared.inputs.pulled
      if let selection = prepared.selection, selection.run == nil {
        choice = Choice(value: selection.choice, number: number, moment: evening.moment)
        night.course.choice = try selection.choice.json()
      }
      night.method = Method(prepared.steps.context.job).words
      night.course.clock = prepared.inputs.clock.map { .init(cut: $0.cut, horizon: $0.horizon) }
      let model = try self.model(prepared)
      made = Made(prepared: prepared, model: model)
      night.course.mode = model.course.isFull ? .full : .finetune
      night.reason = model.course.text
      try refuse(prepared, model)
      live = try published(prepared, model, evening.moment)
    } catch let end as EarlyEnd {
      (night.course.status, night.reason) = (end.status, end.reason)
      // A training that diverged was of a kind, too.
      if end.status == .refused, made == nil, let begun {
        night.course.mode =
          try NightCourse(begun.inputs, begun.steps.context).isFull ? .full : .finetune
      }
    } catch let error as BatchError where error.exitCode == .data {
      (night.course.status, night.reason) = (.failed, error.what)
    }
    settle(night.course)
    if let live {
      (night.listsOf, night.listed) = (live.moment, live.lists.count)
      night.coverage = live.lists.coverage
      night.judged = JudgedLists(evening.taken, k: k, live.lists.list)
    }
    night.rivals = try rivals(pulled, made, evening.taken, night.judged.users)
    night.seconds = context.clock() - began
    return night
  }

  /// Makes the state anew that earlier nights have left.
  ///
  /// The models of the live night and of those that it goes back to, as far as the last full one, are trained
  /// again: that gives the same bits.
  ///
  /// - Parameter nights: all earlier ones in their order.
  /// - Throws: as `night(_:)`.
  package func restore(_ nights: [(moment: UInt32, course: ReplayedNight.Course)]) throws {
    let lineage = Self.lineage(nights.map(\.course))
    for (index, night) in nights.enumerated() {
      number += 1
      let course = night.course
      if let json = course.choice {
        choice = Choice(
          value: try MethodChoice(json: json), number: number, moment: night.moment)
      }
      if lineage.contains(index) {
        let evening = Evening(
          pulled: log.asOf(night.moment, first: first), moment: night.moment,
          taken: NewItems(users: [], items: []), fingerprint: "")
        let prepared = try prepare(evening, as: course)
        live = try published(prepared, try model(prepared), evening.moment)
      }
      settle(course)
    }
  }

  /// The nights that the last published one goes back to, as far as the last full one.
  static func lineage(_ courses: [ReplayedNight.Course]) -> Set<Int> {
    var lineage: Set<Int> = []
    for (index, course) in courses.enumerated() where course.status == .published {
      if course.mode == .full { lineage = [] }
      lineage.insert(index)
    }
    return lineage
  }

  // MARK: - One night

  /// A night before its training.
  private struct Prepared {
    let steps: NightSteps
    let inputs: RunInputs
    let selection: MethodSelection?
  }

  private struct Made {
    let prepared: Prepared
    let model: NightModel
  }

  /// Finds method, parent and split; as a night that went before, where one is named.
  private func prepare(_ evening: Evening, as course: ReplayedNight.Course? = nil) throws
    -> Prepared
  {
    let known = known(evening.moment, isAgain: course != nil)
    var steps = NightSteps(
      context: known?.resolved(context) ?? context, recorded: nil, rival: nil,
      besides: log.bytesBesideNights)
    let found = found(steps.context)
    let read = RunInputs(found, evening.pulled)
    let selection = course == nil ? try steps.choosing(known, read) : known
    let inputs = read.with(selection)
    let clocked =
      if let course {
        inputs.clocked(by: course.clock.map { ClockSplit(cut: $0.cut, horizon: $0.horizon) })
      } else {
        inputs.clocked(selection, steps.context)
      }
    steps = steps.with(selection)
    return Prepared(steps: steps, inputs: clocked, selection: selection)
  }

  /// The choice that a night takes over; the one that it made, when it is made again.
  private func known(_ moment: UInt32, isAgain: Bool) -> MethodSelection? {
    guard context.configured.method == .auto, let choice else { return nil }
    if isAgain {
      return MethodSelection(
        choice: choice.value, run: choice.number == number ? nil : choice.number)
    }
    let age = Double(moment) - Double(choice.moment)
    let found = ChoiceReader.Found(
      run: choice.number, choice: choice.value, isOld: age > context.configured.auto.every.seconds,
      wasRefused: choice.wasRefused, age: age)
    // Nothing was served.
    let reason = found.reasonToSearch(context.configured, nightsBelow: 0)
    return reason == nil ? MethodSelection(choice: choice.value, run: choice.number) : nil
  }

  /// The live night as the parent of the next one.
  private func found(_ context: RunContext) -> ParentSearch.Found {
    if let reason = ParentSearch.noParent(context) { return .none(reason: reason) }
    guard let live else { return .none(reason: "no earlier night to go on from") }
    return .parent(
      Parent(
        run: live.number, stored: live.stored, knowledge: live.knowledge,
        LineageReader.Comparison(
          sameWith: context.seed, watermark: Int64(live.moment) * 1_000_000, nights: fineTuned),
        context))
  }

  private func model(_ prepared: Prepared) throws -> NightModel {
    try prepared.steps.model(prepared.inputs, prepared.selection) { _, divided in
      live.map { live in
        Rival(
          live.stored, run: live.number, watermark: Int64(live.moment) * 1_000_000,
          pulled: divided.dataset, split: divided.split)
      }
    }
  }

  /// Lets the gate decide.
  private func refuse(_ prepared: Prepared, _ model: NightModel) throws {
    let context = prepared.steps.context
    let figures = Gate.Figures(
      model.trained, model.evaluated, prepared.inputs.pulled, against: live?.figures, context)
    if case .refuse(let reasons) = Gate.decide(figures, limits: context.job.gate) {
      throw EarlyEnd.refused(reasons: reasons)
    }
  }

  /// Makes the lists, and keeps what a recorded run would have stored.
  private func published(
    _ prepared: Prepared, _ model: NightModel, _ moment: UInt32
  ) throws -> Live {
    let (steps, pulled) = (prepared.steps, model.pulled)
    let (divided, dataset) = (model.divided, model.divided.dataset)
    let copy = try steps.fitHoldouts(model)
    let lists = try NightLists(copy, pulled, log.vocabularies, steps.context)
    let knowledge = divided.knowledge(of: pulled)
    let isTested = !model.evaluated.ndcg.isEmpty
    return Live(
      number: number, moment: moment,
      stored: LiveModel(
        model: model.trained.validated, users: dataset.users, items: dataset.items,
        knowledge: knowledge, features: dataset.features?.names,
        calibration: model.evaluated.calibration),
      knowledge: knowledge,
      figures: LiveFigures(
        users: pulled.counts.users, rows: lists.rows,
        coverage: isTested ? model.evaluated.coverage : nil, model: steps.context.job.label,
        k: steps.context.job.output.k),
      lists: lists)
  }

  /// Counts what later nights decide by.
  private func settle(_ course: ReplayedNight.Course) {
    switch (course.mode, course.status) {
    case (.full, .published): fineTuned = 0
    case (.finetune, .published), (.finetune, .refused): fineTuned += 1
    default: break
    }
    if course.status == .refused { choice?.wasRefused = true }
  }

  /// Judges simple methods, as of a night, by the same users.
  private func rivals(
    _ pulled: Dataset, _ made: Made?, _ taken: NewItems, _ users: [UInt32]
  ) throws -> [ReplayedNight.Rival] {
    if users.isEmpty { return [] }
    let wanted = Set(users)
    let serving = pulled.serving
    let numbers = ServingNumbers(serving, log.vocabularies).users
    let listed = (serving.audience.scored + serving.audience.cold).sorted().filter { user in
      numbers[Int(user)].map { wanted.contains(UInt32($0)) } ?? false
    }
    let context = made?.prepared.steps.context ?? self.context
    let lists = try RivalSample(of: listed, pulled, context, made?.model.rivals).lists()
    return lists.compactMap { rival in
      let own = NightLists(rival, serving, log.vocabularies)
      return JudgedLists(taken, k: k, only: users, own.list).means.map {
        ReplayedNight.Rival(rival: rival.name, means: $0)
      }
    }
  }
}

extension NightReplay {
  /// About how long a night takes, at most, by short trials of its training and scoring.
  ///
  /// Where the method is left to the log it is told for iALS at its defaults, without the search.
  ///
  /// - Parameter evening: the night; a model is trained for it in full.
  /// - Returns: seconds.
  /// - Throws: `BatchError` when interrupted.
  package func estimatedSeconds(_ evening: Evening) throws -> Double {
    var context = context
    if context.job.method == .auto {
      context = context.with(context.job.training(Method(ALSOptions())))
    }
    let inputs = RunInputs(.none(reason: "asked for"), evening.pulled).clocked(nil, context)
    let divided = SplitStage().run(inputs)
    return try RunPlan(context, pulled: inputs.pulled, divided: divided).seconds()
  }
}
