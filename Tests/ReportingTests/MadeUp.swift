@testable import Jobs

/// A dossier as a database might give it, with texts of the caller's choice wherever a database has text.
func madeUpDossier(text: String = "shop", nights: Int = 12) -> RunDossier {
  var metrics: [MetricRow] = []
  let heights: [(Metric, Double)] = [(.hr, 0.3), (.ndcg, 0.17)]
  let ofLists: [(Metric.ListMetric, Double)] = [
    (.coverage, 0.61), (.gini, 0.82), (.novelty, 3.1), (.diversity, 0.7),
  ]
  for (model, factor) in [("neumf", 1.0), ("itempop", 0.6), ("live", 0.97)] {
    for proto in [EvaluationProtocol.full, .sampled] {
      for (metric, height) in heights {
        for k in 1...10 {
          let reach: Double = 1 - 1 / (1 + Double(k) / 3)
          let value: Double = height * factor * reach * (proto == .full ? 1 : 2)
          metrics.append(
            MetricRow(
              model: model, split: .test, proto: proto, metric: metric, k: k, value: value,
              confidence: (value * 0.96)...(value * 1.04), n: 6040))
        }
      }
    }
    for (metric, value) in ofLists {
      metrics.append(
        MetricRow(
          model: model, split: .test, proto: .full, metric: .lists(metric), k: 10,
          value: value * factor, confidence: nil, n: 6040))
    }
  }
  let epochs = ["gmf", "mlp", "neumf"].flatMap { phase in
    (1...8).map { epoch -> RunDossier.Epoch in
      let step = Double(epoch)
      return RunDossier.Epoch(
        phase: phase, epoch: epoch, loss: 0.4 / step + 0.1, hr: 0.2 + 0.01 * step,
        ndcg: 0.1 + 0.008 * min(step, 6))
    }
  }
  let history = (1...nights).map { night -> RunDossier.Night in
    let ndcg: Double = 0.12 + 0.002 * Double(night % 7)
    return RunDossier.Night(
      runID: Int64(night),
      status: night == 4 ? .refused : night == 9 ? .failed : .published,
      startedAt: "2026-10-\(night < 10 ? "0" : "")\(night) 02:00",
      reason: night == 4 ? text : nil,
      hr: .init(
        model: night == 9 ? nil : ndcg * 2, itemPop: 0.11, live: night > 1 ? ndcg * 1.9 : nil),
      ndcg: .init(
        model: night == 9 ? nil : ndcg * (night == 4 ? 0.8 : 1), itemPop: 0.07,
        live: night > 1 ? ndcg * 0.98 : nil))
  }
  let list = (1...10).map { rank in
    RunDossier.Place(
      rank: rank, item: "\(text) \(rank)", title: rank.isMultiple(of: 2) ? text : nil,
      score: 0.04 / Double(rank), source: "model")
  }
  var dossier = RunDossier(
    run: .init(
      runID: Int64(nights), job: text, kind: .nightly, status: .published, mode: .full,
      modeReason: text, parentRunID: nil, startedAt: "2026-10-12 02:00", seconds: 83,
      host: text, version: "0.1.0", serverVersion: "15.18", seed: "1",
      configSHA256: String(repeating: "a", count: 64),
      modelSHA256: String(repeating: "b", count: 64), watermark: "2026-10-12 02:00",
      rowsRead: 1_000_209, rowsUsed: 1_000_088,
      users: 6040, items: 3706, coldUsers: 12, reason: text,
      live: "main", k: 10, schema: "ncf"),
    rejected: [.init(reason: text, rows: 3)], metrics: metrics, epochs: epochs,
    stages: Stage.allCases.enumerated().map { index, stage in
      StageRecord(
        stage: stage, seconds: [1.2, 0.3, 61, 9, 6.4][index], rows: 1_000_088, bytes: 24_000_000,
        peakRSSBytes: 300_000_000 + index * 40_000_000)
    },
    history: history, served: madeUpServed(text: text),
    lists: .init(rows: 60_400, users: 6040, items: 2200),
    tenths: (1...10).map {
      .init(
        number: $0, items: 371, taken: 0.4 / Double($0), listed: 0.5 / Double($0),
        listedItems: 371 - 30 * $0)
    },
    readers: ["model", "popular"].map { source in
      RunDossier.Reader(
        user: "\(text) \(source)",
        history: [
          .init(item: text, title: text, day: "2026-10-11"), .init(item: "7", day: "2026-10-01"),
        ],
        taken: 40,
        list: list.map { place in
          var place = place
          place.source = source
          return place
        })
    },
    notes: [text])
  dossier.choice = madeUpChoice(text: text)
  return dossier
}

/// A choice among two popular lists, neighbours with two settings, and iALS; one trial was left out.
func madeUpChoice(text: String = "ItemKNN neighbours 100, shrinkage 100") -> ChosenMethod {
  let trials: [(method: String, words: String, isPopular: Bool, ndcg: Double)] = [
    ("ItemPop", "ItemPop", true, 0.0092), ("RecentPop", "RecentPop days 7", true, 0.0112),
    ("ItemKNN", "ItemKNN neighbours 100, shrinkage 10", false, 0.0412),
    ("ItemKNN", text, false, 0.049), ("iALS", "iALS factors 32", false, 0.0475),
  ]
  return ChosenMethod(
    searchRun: 12, searchedAt: 1_791_770_400, searchedOn: "2026-10-12 02:00", name: "ItemKNN",
    words: text,
    settings: [.init(key: "neighbours", value: "100"), .init(key: "kind", value: text)],
    isPopularList: false, ndcg: 0.049, k: 10, validatedUsers: 6040, seconds: 61.5, horizon: 604_800,
    trials: trials.map {
      ChosenMethod.Trial(
        method: $0.method, words: $0.words, isPopularList: $0.isPopular,
        oneIn: $0.words.hasSuffix("shrinkage 10") ? 4 : 1, ndcg: $0.ndcg + 0.001,
        ndcgOfOthers: $0.ndcg, seconds: 2.5)
    }, skipped: ["\(text): no time is left"])
}

/// Twelve days of two slots, of which the rival was ahead on the last three.
func madeUpServed(text: String = "itempop") -> ServedFigures {
  var served = ServedFigures()
  for number in 1...12 {
    let day = "2026-10-\(number < 10 ? "0" : "")\(number)"
    let (isWhole, isLast) = (number < 12, number > 8)
    for (slot, hits) in [("main", 40), ("b", 50)] {
      served.days.append(
        .init(
          day: day, slot: slot, source: "model", listedUsers: 6040, takingUsers: 400, hits: hits,
          ndcg: 21.5, expectedHits: 44.25, shownUsers: 300, shownHits: 30,
          isProvisional: number > 9, isWhole: isWhole))
      served.rivals.append(
        .init(
          day: day, slot: slot, rival: text, takingUsers: 390, hits: isLast ? 60 : 20,
          liveHits: hits - 1, isWhole: isWhole))
    }
  }
  for (dimension, least) in [("tenth", [1, 10]), ("history", [0, 5]), ("item_age", [-1, 7])] {
    served.groups += least.map {
      .init(
        dimension: dimension, atLeast: $0, takingUsers: 200, hits: 20 + $0, expectedHits: 22)
    }
  }
  served.nightsBelow = 3
  return served
}
