import TestSupport
import Testing

/// What a job may train: baselines, and the network in its variants.
struct MethodTests {
  private func config(
    _ shop: Shop, model: String, train: String = "", evaluate: String = "{k: 5, sampled: 20}"
  ) throws -> String {
    try shop.folder.write(
      """
      job: shop
      source: {table: app.events}
      model: \(model)
      train: {\(train.isEmpty ? "" : train + ", ")mode: full}
      evaluate: \(evaluate)
      output: {k: 5}
      """, to: "method.yaml")
  }

  private static let short = "batch: 64, learning_rate: 0.02, epochs: 4, finetune: {epochs: 2}"

  @Test(
    "A baseline is judged, stored and published like the network, and read back the night after",
    arguments: [
      ("ials", "ials"), ("itempop", "itempop"), ("itemknn", "itemknn"),
      ("ials", "{method: ials, factors: 8, regularization: 1, alpha: 5, iterations: 4}"),
      ("itemknn", "{method: itemknn, neighbours: 10, shrinkage: 5}"),
      ("bpr", "{method: bpr, factors: 8, iterations: 5}"),
      ("mf", "{method: mf, factors: 8, iterations: 5, learning_rate: 0.05, negatives: 3}"),
      ("eals", "{method: eals, factors: 8, iterations: 3}"),
      ("ease", "{method: ease, factors: 8, regularization: 20, iterations: 3}"),
    ])
  func baseline(name: String, model: String) throws {
    let shop = try Shop(.eighty)
    let config = try config(shop, model: model)
    try expectSuccess(shop.night("--threads", "1", config: config))
    #expect(try shop.value("SELECT status FROM ncf.runs") == "published")
    try shop.expect(
      "SELECT count(*) || ' ' || count(DISTINCT user_id) FROM ncf.recommendations", gives: "400 80")
    try shop.expect(
      "SELECT count(*) FROM ncf.recommendations JOIN app.events USING (user_id, item_id)",
      gives: "0")
    // The copy that lists are made with is trained once more, with what was held out.
    try shop.expect(
      "SELECT string_agg(DISTINCT phase, ',' ORDER BY phase) FROM ncf.epochs",
      gives: ["absorb", name].joined(separator: ","))
    try shop.expect("SELECT count(*) FILTER (WHERE ndcg IS NOT NULL) FROM ncf.epochs", gives: "1")
    let others = name == "itempop" ? name : [name, "itempop"].sorted().joined(separator: ",")
    let models = "SELECT string_agg(DISTINCT model, ',' ORDER BY model) FROM ncf.metrics"
    try shop.expect(models + " WHERE run_id = 1", gives: others)

    // The same seed and log give the same model, so the stored one must score as the new one does.
    let lists = try shop.lists()
    try expectSuccess(shop.night("--threads", "2", config: config))
    try shop.expect("SELECT min(run_id) FROM ncf.recommendations", gives: "2")
    #expect(try shop.lists() == lists)
    try shop.expect(
      """
      SELECT count(*) FILTER (WHERE live.value = own.value) || ' of ' || count(*)
      FROM ncf.metrics AS live JOIN ncf.metrics AS own
        USING (run_id, split, protocol, metric, k)
      WHERE run_id = 2 AND live.model = 'live' AND own.model = '\(name)' AND metric = 'ndcg'
      """, gives: "20 of 20")
  }

  @Test("Taste is learnt: ALS, neighbours and autoencoders are far above popularity")
  func quality() throws {
    for model in [
      "{method: ials, factors: 8, regularization: 1}", "itemknn",
      "{method: ease, factors: 8, regularization: 20}",
    ] {
      let shop = try Shop(.eighty)
      // The gate is not forced.
      try expectSuccess(shop.program.run("--config", config(shop, model: model)))
      #expect(
        try shop.value(
          """
          SELECT max(value) FILTER (WHERE model <> 'itempop')
            > 1.5 * max(value) FILTER (WHERE model = 'itempop')
          FROM ncf.metrics WHERE split = 'test' AND protocol = 'full' AND metric = 'ndcg' AND k = 5
          """) == "t", "\(model)")
    }
  }

  @Test("NeuMF may start from a factorisation and be trained again with the validation items")
  func refit() throws {
    let shop = try Shop(.eighty)
    let model = "{tower: [8, 4]}"
    let train =
      "pretrain: ials, factorization: {factors: 6, regularization: 1, iterations: 3}, " + Self.short
    try expectSuccess(shop.night(config: config(shop, model: model, train: train)))
    try expectSuccess(
      shop.night(config: config(shop, model: model, train: train + ", refit: true")))
    try shop.expect(
      "SELECT string_agg(DISTINCT phase, ',' ORDER BY phase) FROM ncf.epochs",
      gives: "absorb,ials,join,mlp,neumf")
    try shop.expect(
      "SELECT string_agg(DISTINCT run_id::text, ',') FROM ncf.epochs WHERE refit", gives: "2")
    try shop.expect("SELECT spec ->> 'gmf_width' FROM ncf.models WHERE run_id = 1", gives: "6")
    // Validation judges the first model of both runs, the test the second one's second.
    for (split, same) in [("validation", "t"), ("test", "f")] {
      try shop.expect(
        """
        SELECT bool_and(a.value = b.value) FROM ncf.metrics AS a
        JOIN ncf.metrics AS b USING (model, split, protocol, metric, k)
        WHERE a.run_id = 1 AND b.run_id = 2 AND model = 'neumf' AND split = '\(split)'
        """, gives: same)
    }
  }

  @Test(
    "The network's variants can be published",
    arguments: [
      ("{gmf: 4, tower: [8, 4], embeddings: shared, fusion: sum}", "pretrain: false"),
      ("{gmf: 4, tower: [8, 4]}", "loss: bpr, sampling: {popularity: 0.5}"),
      ("{gmf: 4, tower: [8, 4]}", "loss: margin, optimizer: adagrad, averaging: 0.5"),
      ("{gmf: 8, tower: [], link: identity, output: one}", "loss: squared, refit: true"),
      (
        "{gmf: 4, tower: [8, 4], link: probit, l2: {embeddings: 1e-5, tower: 1e-5}, dropout: 0.1}",
        ""
      ),
      ("{tower: [8, 4]}", "pretrain: mf, factorization: {factors: 5, iterations: 3}"),
      ("{tower: [8, 4]}", "pretrain: bpr, factorization: {factors: 5, iterations: 3}, refit: true"),
      (
        "{tower: [8, 4]}",
        "pretrain: [ials, mf], factorization: {ials: {factors: 5}, mf: {iterations: 3}}, refit: true"
      ),
      (
        "{tower: [8, 4]}",
        "pretrain: [ials, ease], factorization: {ease: {factors: 5, regularization: 30}}, refit: true"
      ),
    ])
  func variant(model: String, train: String) throws {
    let shop = try Shop(.eighty)
    let settings = [train, Self.short].filter { !$0.isEmpty }.joined(separator: ", ")
    try expectSuccess(shop.night(config: config(shop, model: model, train: settings)))
    try shop.expect("SELECT count(*) FROM ncf.recommendations", gives: "400")
    try shop.expect("SELECT count(*) FROM ncf.recommendations WHERE score = 'NaN'", gives: "0")
  }

  @Test("A variable chooses a baseline over what the file says of the network")
  func variable() throws {
    let shop = try Shop(.eighty)
    let config = try config(shop, model: "{gmf: 4, tower: [8, 4]}", train: Self.short)
    var program = shop.program
    program.environment["NCF_MODEL"] = "ials"
    program.environment["NCF_MODEL_FACTORS"] = "8"
    try expectSuccess(program.run("--config", config, "--force"))
    #expect(
      try shop.value("SELECT config #>> '{job,method}' FROM ncf.runs") == "ials")
    #expect(
      try shop.value("SELECT config #>> '{job,baselines,ials,factors}' FROM ncf.runs") == "8")
  }

  @Test("A dry run tells what each method would take")
  func dryRun() throws {
    let shop = try Shop(.eighty)
    for (model, train, said) in [
      ("ials", "", "ials at most"), ("itemknn", "", "parameters of itemknn"),
      ("{tower: [8, 4]}", "pretrain: ials, refit: true", "an epoch of the whole model"),
    ] {
      let result = try shop.program.run(
        "--config", config(shop, model: model, train: train), "--dry-run")
      try expectSuccess(result)
      #expect(result.talk.contains(said), "\(result.talk)")
    }
    try shop.expect("SELECT count(*) FROM ncf.runs", gives: "0")
  }

  @Test(
    "What can't work together is refused before any work, with the key and its place: 78",
    arguments: [
      ("{method: ials, gmf: 8}", "", "3:28: model.gmf belongs to model.method ncf or auto, not to"),
      ("{gmf: 8}", "pretrain: ials", "3:14: model.gmf must be 64, as wide as the factors of"),
      ("{gmf: 8, link: identity}", "loss: margin, sampling: {popularity: -1}", "train.sampling"),
    ])
  func refused(model: String, train: String, said: String) throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(
      "job: a\nsource: {table: a.b}\nmodel: \(model)\ntrain: {\(train)}\n", to: "n.yaml")
    // No server is asked: there is none here.
    expect(try Program().run("--config", path, "-h", folder.path), 78, said)
  }
}
