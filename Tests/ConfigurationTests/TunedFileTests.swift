import Baselines
import Configuration
import Interactions
import NCF
import TestSupport
import Testing

@testable import Jobs

/// What a search writes is a job that means what it found.
struct TunedFileTests {
  private let folder: TemporaryFolder
  private let path: String

  init() throws {
    folder = try TemporaryFolder()
    path = try folder.write(
      """
      # Ours.
      job: shop
      source: {query: "SELECT 1 AS user_id, 2 AS item_id, now() AS occurred_at"}
      model: {gmf: 16, tower: [32, 8]}
      train: {epochs: 3, finetune: {epochs: 1}}
      evaluate: {k: 7, candidates: negatives.tsv}
      output: {schema: shop}
      """, to: "job.yaml")
  }

  @Test("A baseline comes back with its settings, and the training of a network stays as it was")
  func baseline() throws {
    let (before, after) = try written { job in
      job.method = .baseline(.ials)
      job.baselines[ALSOptions.self] = ALSOptions(
        factors: 192, regularization: 64, alpha: 16, iterations: 15)
    }
    #expect(after.method == before.method && after.baselines == before.baselines)
    #expect(after.training.joint.epochs == 1 && after.evaluation == before.evaluation)
  }

  private func written(_ change: (inout Job) -> Void) throws -> (before: Job, after: Job) {
    var job = try Job(path: path, variables: [:])
    change(&job)
    let text = try TunedFile(replacing: path, with: job, remark: "found").text
    #expect(text.hasPrefix("# found\n"))
    let other = try folder.write(text, to: "tuned.yaml")
    return (job, try Job(path: other, variables: [:]))
  }

  @Test("Widths, rates, negatives, L2, dropout and all else come back as they were")
  func network() throws {
    let (before, after) = try written { job in
      job.model = ModelSpec(gmfWidth: 64, tower: [64, 32, 16, 8], activation: .tanh)
      job.training.pretrain = .none
      job.training.negatives = 6
      job.training.sampling = .popularity(power: 0.75)
      job.training.l2Embeddings = 1e-6
      job.training.dropout = 0.2
      job.training.ownDropout = 0.3
      job.training.averaging = 0.5
      job.training.refit = true
      job.training.pretraining.learningRate = 0.00031
      job.training.joint = PhaseOptions(
        optimizer: .adam, learningRate: 3.7e-05, epochs: 9, patience: 2, decay: 0.9)
    }
    #expect(after == before)
  }

  @Test("How nights go on stays as the file has it, and so do settings that are not searched")
  func nights() throws {
    _ = try folder.write(
      """
      job: shop
      source: {table: app.events}
      train:
        mode: full
        full_every: 3
        absorb_holdout: false
        resume: never
        nightly: {epochs: 4, optimizer: adam}
        pretrain: [ials, mf]
        factorization: {ials: {factors: 16}, mf: {factors: 8}}
      """, to: "job.yaml")
    let (before, after) = try written { job in
      job.initial.methods = [.ials]
      job.initial.settings[ALSOptions.self] = ALSOptions(
        factors: 32, regularization: 37, alpha: 2.5)
      job.model.gmfWidth = 32
    }
    #expect(after.nightly == before.nightly)
    #expect(after.nightly.resume == .never && !after.nightly.absorbHoldout)
    #expect(after.training == before.training)
    #expect(
      after.initial.methods == [.ials]
        && after.initial.settings[ALSOptions.self] == before.initial.settings[ALSOptions.self])
    let (plain, without) = try written { job in
      job.training.pretrain = .none
      job.model.gmfWidth = 8
    }
    #expect(without.training == plain.training && without.nightly == plain.nightly)
  }

  @Test("A factorisation to start from comes back")
  func factorization() throws {
    let (before, after) = try written { job in
      job.training.pretrain = .factors
      job.initial.methods = [.ials]
      job.initial.settings[ALSOptions.self] = ALSOptions(
        factors: 128, regularization: 37, alpha: 2.5, iterations: 12)
      job.model.gmfWidth = 128
    }
    #expect(after == before)
  }

  @Test("Several factorisations to start from come back, each with its own settings")
  func factorizations() throws {
    let (before, after) = try written { job in
      job.training.pretrain = .factors
      job.initial.methods = [.mf, .ials, .bpr, .ease]
      job.initial.settings[ALSOptions.self] = ALSOptions(
        factors: 12, regularization: 37, alpha: 2.5, iterations: 12)
      job.initial.settings[MFOptions.self] = MFOptions(
        factors: 6, learningRate: 0.5, regularization: 0.25, negatives: 3, iterations: 7)
      job.initial.settings[BPROptions.self] = BPROptions(
        factors: 4, learningRate: 0.125, regularization: 0.5, iterations: 9)
      job.initial.settings[EASEOptions.self] = EASEOptions(
        factors: 5, regularization: 300, iterations: 6)
      job.model.gmfWidth = 29
    }
    #expect(after == before)
  }

  @Test("The rest of the file stays, and its candidates are found from elsewhere")
  func rest() throws {
    let (_, after) = try written { _ in }
    #expect(after.name == "shop")
    #expect(after.output.schema == "shop")
    #expect(after.evaluation.candidates == folder.path + "/negatives.tsv")
  }

  @Test("A file that is no YAML is not rewritten: 78")
  func noYAML() throws {
    let job = try Job(path: path, variables: [:])
    let odd = try folder.write("source: [", to: "odd.yaml")
    let error = #expect(throws: BatchError.self) {
      try TunedFile(replacing: odd, with: job, remark: "found")
    }
    #expect(error?.exitCode == .configuration)
    #expect(error?.what.hasPrefix("the configuration \(odd) can't be rewritten: ") == true)
  }
}
