import Experiments
import NCF
import Testing

/// Each experiment gives its tables, small, on planted data.
struct ExperimentTests {
  @Test("Every experiment gives whole tables", arguments: Experiment.allCases)
  func tables(experiment: Experiment) throws {
    let report = try experiment.report(PlantedLog.settings(), PlantedLog.book())
    #expect(report.title.hasPrefix(experiment.rawValue))
    #expect(!report.sections.isEmpty)
    for section in report.sections {
      #expect(!section.rows.isEmpty, "\(section.heading)")
      for row in section.rows {
        #expect(row.count == section.header.count, "\(section.heading): \(row)")
      }
    }
    let markdown = report.markdown
    #expect(markdown.contains("## \(report.sections[0].heading)"))
    #expect(!markdown.contains("nan"))
  }

  @Test("Experiments share the trials that they have in common")
  func shared() throws {
    let store = MemoryStore()
    _ = try Experiment.rq1.report(PlantedLog.settings(), PlantedLog.book(store))
    let before = store.count
    _ = try Experiment.significance.report(PlantedLog.settings(), PlantedLog.book(store))
    _ = try Experiment.table2.report(PlantedLog.settings(), PlantedLog.book(store))
    #expect(store.count == before)
  }

  @Test("Two seeds are averaged user by user, and their spread is shown")
  func seeds() throws {
    let settings = PlantedLog.settings(seeds: [1, 2], isQuick: false)
    var short = settings
    short.training.pretraining.epochs = 1
    short.training.joint.epochs = 1
    let report = try Experiment.table2.report(short, PlantedLog.book())
    let column = report.sections[0].header.firstIndex(of: "sd of seeds")
    for row in report.sections[0].rows { #expect(column.map { row[$0] } != "-") }
  }

  @Test("A job's L2 and dropout of the tower stay away from networks that have nothing for them")
  func depthWithTowerSettings() throws {
    var settings = PlantedLog.settings()
    (settings.training.l2Tower, settings.training.dropout) = (0.01, 0.1)
    let report = try Experiment.rq3.report(settings, PlantedLog.book())
    let depths = try #require(
      report.sections.first { $0.header.starts(with: ["factors", "layers"]) })
    #expect(depths.rows.map { $0[1] } == (0...4).map { "MLP-\($0)" })
    #expect(try Experiment.rq1.report(settings, PlantedLog.book()).sections[0].rows.count > 5)
  }

  @Test("rq2 tells each method's best epoch and what its epochs and its negatives take")
  func courseAndTime() throws {
    let report = try Experiment.rq2.report(PlantedLog.settings(), PlantedLog.book())
    let course = try #require(report.sections.first { $0.heading.hasPrefix("Loss and") })
    let best = try #require(report.sections.first { $0.heading.hasPrefix("The best epoch") })
    #expect(best.rows.count == 3)
    for (place, row) in best.rows.enumerated() {
      let column = 3 * (place + 1)
      #expect(course.header[column].hasPrefix(row[0]))
      let highest = course.rows.compactMap { Double($0[column]) }.max()
      #expect(Double(row[4]) == highest)
      #expect(course.rows[(Int(row[1]) ?? 0) - 1][column] == row[4])
      #expect(Double(row[6]).map { $0 >= 0 } == true)
    }
    let time = try #require(report.sections.first { $0.heading.hasPrefix("Seconds of training") })
    #expect(time.rows.map { $0[0] } == ["1", "4"])
    #expect(time.rows.joined().allSatisfy { Double($0) != nil })
  }

  @Test("The paper's figures stand beside ours for its data sets, and nowhere else")
  func published() throws {
    let paper = Published(users: 6_040, items: 3_706)
    #expect(paper?.dataset == .movieLens)
    #expect(Published(users: 6_040, items: 3_800) == nil)
    #expect(Published(users: 55_187, items: 9_916)?.dataset == .pinterest)
    #expect(paper?.pair("NeuMF, pre-trained", factors: 64) == .init(0.730, 0.447))
    #expect(paper?.pair("MLP-4", factors: 8) == .init(0.678, 0.406))
    #expect(paper?.pair("GMF", factors: 8) == nil)
    let report = try Experiment.table2.report(
      PlantedLog.settings(factors: [8], published: paper), PlantedLog.book())
    #expect(report.sections[0].header.contains("paper HR@10"))
    #expect(report.sections[0].rows[0].suffix(2) == ["0.684", "0.403"])
  }
}
