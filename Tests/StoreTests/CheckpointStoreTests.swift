import Interactions
import NCF
import RunSupport
import TestSupport
import Testing

@testable import Jobs
@testable import Store

/// Checkpoints of stopped runs.
struct CheckpointStoreTests {
  private static let identity = CheckpointStore.Identity(
    watermark: 1_700_000_000_000_000, fingerprint: String(repeating: "0f", count: 16),
    recent: RecentRows([3, 1]))

  /// Records a run that left a checkpoint and was interrupted.
  private func stop(_ shop: Shop, _ job: Job, _ request: RunRequest) throws -> Int64 {
    let record = try RunRecord(
      beginning: request, job: job, seed: 7, on: shop.connection,
      retrier: Retrier(request, interruption: Interruption(), observer: Recorder()),
      parameters: shop.database.parameters)
    let file = SafeTensors(
      tensors: [.init(name: "a", axis: .dense, kind: .f32, shape: [1], bytes: [0, 0, 128, 63])],
      metadata: [:])
    try CheckpointStore(on: shop.connection).save(
      file, progress: "epoch 2", Self.identity, run: record.runID)
    try record.finish(.interrupted, exitCode: .temporary, reason: nil)
    return record.runID
  }

  @Test func theNewestIsComparedWithTheRunAtHand() throws {
    let shop = try Shop(events: false)
    let job = shop.job()
    var request = RunRequest(threads: 1)
    request.version = "1"
    let store = CheckpointStore(on: shop.connection)
    #expect(try store.newest(job, request, live: nil) == nil)
    let run = try stop(shop, job, request)
    let found = try #require(try store.newest(job, request, live: nil))
    #expect(found.runID == run && found.progress == "epoch 2" && found.seed == 7)
    #expect(found.watermark == Self.identity.watermark)
    #expect(found.fingerprint == Self.identity.fingerprint && found.resumptions == 0)
    #expect(found.mode == nil && found.parentRunID == nil)
    #expect(found.isSameVersion && found.isSameJob && found.isSameRequest && found.isSameLive)
    #expect(try store.recent(run: run) == Self.identity.recent)

    var (otherJob, otherRequest) = (job, request)
    otherJob.output.k = 6
    (otherRequest.mode, otherRequest.version) = (.finetune, "2")
    let other = try #require(try store.newest(otherJob, otherRequest, live: run))
    #expect(!other.isSameVersion && !other.isSameJob && !other.isSameRequest && !other.isSameLive)

    try store.countResumption(of: run)
    #expect(try store.newest(job, request, live: nil)?.resumptions == 1)
    otherRequest.slot = "b"
    #expect(try store.newest(job, otherRequest, live: nil) == nil)
  }

  @Test func staleCheckpointsAreDeletedAndTheirRunsNamed() throws {
    let shop = try Shop(events: false)
    let (job, request) = (shop.job(), RunRequest(threads: 1))
    let run = try stop(shop, job, request)
    let store = CheckpointStore(on: shop.connection)
    #expect(try store.deleteStale(of: job.name, olderThan: "100 years").isEmpty)
    #expect(try store.newest(job, request, live: nil) != nil)
    #expect(try store.deleteStale(of: job.name, olderThan: "1 day") == [run])
    #expect(try store.newest(job, request, live: nil) == nil)
  }

  @Test func oneOrAllCheckpointsOfAJobAreDeleted() throws {
    let shop = try Shop(events: false)
    let (job, request) = (shop.job(), RunRequest(threads: 1))
    let store = CheckpointStore(on: shop.connection)
    func left() throws -> Int64? { try store.newest(job, request, live: nil)?.runID }
    let first = try stop(shop, job, request)
    try store.deleteAll(of: job.name, except: first)
    #expect(try left() == first)
    try store.delete(run: first)
    #expect(try left() == nil)
    let second = try stop(shop, job, request)
    try store.deleteAll(of: job.name, except: nil)
    #expect(try left() == nil)
    let third = try stop(shop, job, request)
    #expect(try left() == third && third > second)
    try store.deleteAll(likeThoseOf: first)
    #expect(try left() == nil)
  }
}
