import Baselines
import Interactions
package import Jobs
import NCF
import Settings
import Yams

/// A job's file with other settings of model and training in it.
package struct TunedFile {
  /// The new file's text.
  package let text: String

  /// Replaces the section `model` of a job's file, and for a network what a search finds in `train`.
  ///
  /// Everything else stays as it stands, without comments; a relative path of `evaluate.candidates`
  /// becomes the one that the job was read with, so that the new file may lie elsewhere.
  ///
  /// - Parameters:
  ///   - path: of the file that the job was read from.
  ///   - job: the job with its method and its new settings.
  ///   - remark: a line that goes to the file's top as a comment.
  /// - Throws: `BatchError` with exit code 78 when the file can't be read; 70 when the new text
  ///   would not be the job.
  package init(replacing path: String, with job: Job, remark: String) throws(BatchError) {
    let original = try Job.readText(path)
    do {
      var root = try Yams.compose(yaml: original) ?? Node([(Node, Node)]())
      root["model"] = Self.model(job)
      if job.method == .ncf { root["train"] = Self.training(job, keeping: root["train"]) }
      if let candidates = job.evaluation.candidates, root["evaluate"]?["candidates"] != nil {
        root["evaluate"]?["candidates"] = Node(candidates)
      }
      let body = try Yams.serialize(node: root, width: -1, allowUnicode: true)
      text = "# \(remark)\n\(body)"
    } catch {
      throw BatchError(
        .configuration, "the configuration \(path) can't be rewritten: \(error)",
        advice: "give a file that ncf-batch run accepts")
    }
    let read: Job
    do {
      read = try Job(yaml: text, file: path)
    } catch {
      throw error.batchError
    }
    var expected = job
    // The network of a job that trains a baseline is not written.
    if case .baseline = job.method {
      (expected.model, expected.training) = (read.model, read.training)
    }
    // Settings of factorisations that are not started from are not written.
    if Self.start(read) == Self.start(job) { expected.initial = read.initial }
    guard read == expected else {
      throw BatchError(.software, "the tuned file would mean other settings than were found")
    }
  }

  private static func start(_ job: Job) -> [Node] {
    [pretraining(job)] + (job.training.pretrain == .factors ? [factorization(job.initial)] : [])
  }

  private static func model(_ job: Job) -> Node {
    let (spec, options) = (job.model, job.training)
    let method = ("method", word(job.method.rawValue))
    if let baseline = job.baseline { return section([method] + numbers(baseline)) }
    return section([
      method,
      ("gmf", word(spec.gmfWidth)), ("tower", list(spec.tower)),
      ("activation", word(spec.activation.rawValue)), ("fusion", word(spec.fusion.rawValue)),
      ("embeddings", word(spec.sharedEmbeddings ? "shared" : "separate")),
      ("link", word(spec.link.rawValue)), ("output", word(spec.outputsAreOne ? "one" : "learnt")),
      (
        "l2",
        section([("embeddings", word(options.l2Embeddings)), ("tower", word(options.l2Tower))])
      ),
      ("dropout", word(options.dropout)), ("own_dropout", word(options.ownDropout)),
    ])
  }

  /// The section `train`; what a search does not find, such as how nights go on, stays.
  private static func training(_ job: Job, keeping old: Node?) -> Node {
    let options = job.training
    var pairs: [(String, Node)] = [("pretrain", pretraining(job))]
    pairs += numbers(options)
    pairs += [
      ("alpha", options.alpha.map { word($0) } ?? word("auto")),
      ("loss", word(options.objective.rawValue)), ("sampling", sampling(options.sampling)),
      ("refit", word(options.refit)), ("seed", word(options.seed)),
    ]
    pairs += phase(options.pretraining)
    pairs.append(("finetune", section(phase(options.joint))))
    if options.pretrain == .factors { pairs.append(("factorization", factorization(job.initial))) }
    let found = Set(pairs.map(\.0) + ["factorization"])
    let kept = (old?.mapping ?? [:]).filter { key, _ in !found.contains(key.string ?? "") }
    return section(kept.map { ($0.key.string ?? "", $0.value) } + pairs)
  }

  private static func pretraining(_ job: Job) -> Node {
    switch job.training.pretrain {
    case .none: word(false)
    case .parts: Node([word("gmf"), word("mlp")], .implicit, .flow)
    case .factors:
      if job.initial.methods.count == 1 {
        word(job.initial.methods[0].rawValue)
      } else {
        Node(job.initial.methods.map { word($0.rawValue) }, .implicit, .flow)
      }
    }
  }

  private static func sampling(_ sampling: NegativeSampling) -> Node {
    switch sampling {
    case .uniform: word("uniform")
    case .popularity(let power): section([("popularity", word(power))])
    }
  }

  private static func phase(_ phase: PhaseOptions) -> [(String, Node)] {
    [("optimizer", word(phase.optimizer.rawValue))] + numbers(phase)
  }

  private static func factorization(_ initial: Job.Factorization) -> Node {
    let parts = initial.methods.map { method -> (String, Node) in
      let options = initial.settings[method]
      return (method.rawValue, section(numbers(options)))
    }
    return parts.count == 1 ? parts[0].1 : section(parts)
  }

  private static func numbers<Options: NumericSettings>(_ options: Options) -> [(String, Node)] {
    Options.settings.map { ($0.key, word($0.text(in: options))) }
  }

  private static func section(_ pairs: [(String, Node)]) -> Node {
    Node(pairs.map { (Node($0.0), $0.1) }, .implicit, .block)
  }

  private static func list(_ numbers: [Int]) -> Node {
    Node(numbers.map { word($0) }, .implicit, .flow)
  }

  /// A value that stands without quotes.
  private static func word(_ value: some CustomStringConvertible) -> Node {
    Node(value.description, .implicit, .plain)
  }
}
