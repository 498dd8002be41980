import Foundation
import FoundationXML
import Testing

@testable import Jobs
@testable import Reporting

/// The page about a run, as text.
struct PageTests {
  /// What an attacker, or a careless importer, may have put into the database.
  private static let hostile = [
    "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "' onload='alert(1)",
    "</title></style><svg/onload=alert(1)>", "&lt;b&gt; &amp; &#0;", "]]><!-- ",
    "\u{0}\u{1}\u{7F}\u{85}",
    "\u{202E}gnp.exe", "\u{FFFE}\u{FFFF}", "javascript:alert(1)", "${x} {{x}} %s",
  ]

  @Test(
    "Whatever texts the database holds, the page is well-formed, has no script and loads nothing")
  func hostileTexts() throws {
    for text in Self.hostile + [Self.hostile.joined()] {
      let page = Page(madeUpDossier(text: text)).html
      let elements = try Elements(page)
      #expect(!elements.names.contains("script"))
      #expect(!elements.names.contains("img"))
      #expect(!elements.attributes.contains { $0.hasPrefix("on") || $0 == "src" || $0 == "href" })
      // Escaped, it is all there still.
      let shown = text.unicodeScalars.filter { $0.isASCII && $0.value >= 32 && $0.value != 127 }
      let start = String(String.UnicodeScalarView(shown.prefix(4)))
      #expect(start.isEmpty || elements.text.contains(start))
    }
  }

  @Test("Ids of elements are met once, and what labels them is there")
  func labels() throws {
    let elements = try Elements(Page(madeUpDossier()).html)
    #expect(Set(elements.ids).count == elements.ids.count)
    #expect(elements.labels.isSubset(of: Set(elements.ids)))
    // Every picture has a name, a description, and a table that says the same.
    let pictures = elements.names.filter { $0 == "svg" }.count
    #expect(pictures == 12)
    #expect(elements.names.filter { $0 == "desc" }.count == pictures)
    #expect(elements.names.filter { $0 == "details" }.count == 7)
  }

  @Test("What became of the lists comes first, beside what was expected and the rivals' figures")
  func served() throws {
    let page = Page(madeUpDossier()).html
    let first = try #require(page.firstRange(of: "<h2 id="))
    #expect(page[first.lowerBound...].hasPrefix("<h2 id=\"served\">What became of the lists</h2>"))
    for part in [
      "Users were shown the live list and not the rivals&#39;, which favours the live one.",
      "The live lists had fewer hits than the best rival's, 3 nights running.",
      "item known for less than the list", "tenth 10 of expected hits", "provisional",
    ] {
      #expect(page.contains(part), "\(part)")
    }
    var none = madeUpDossier()
    none.served = ServedFigures()
    #expect(!Page(none).html.contains("What became of the lists"))
  }

  @Test("The choice of a method is told in a sentence, with its trials and what was not tried")
  func choice() throws {
    var dossier = madeUpDossier()
    dossier.choice = madeUpChoice()
    let page = Page(dossier).html
    for part in [
      """
      <p>ItemKNN (neighbours 100, shrinkage 100) was chosen among 4 methods and 5 settings by run 12 of \
      2026-10-12 02:00 UTC; its validation NDCG@10 was 0.0490, the best popular list 0.0112.</p>
      """,
      "interactions of 6,040 users", "The search took 1 min 02 s", "began 7 days before",
      "iALS factors 32</bdi></th><td><bdi>all</bdi></td><td class=\"n\">0.0485</td>",
      "<td class=\"n\">0.0475</td>", "<bdi>one in 4</bdi>",
      "ItemKNN neighbours 100, shrinkage 100: no time is left",
    ] {
      #expect(page.contains(part), "\(part)")
    }
    dossier.choice?.name = "RecentPop"
    dossier.choice?.words = "RecentPop days 7"
    dossier.choice?.isPopularList = true
    #expect(Page(dossier).html.contains("so that everybody gets the popular list.</p>"))
    dossier.choice = nil
    #expect(!Page(dossier).html.contains("The method that was chosen"))
  }

  @Test("Every section is there: quality, learning, history, lists, users, time")
  func sections() {
    let page = Page(madeUpDossier()).html
    for part in [
      "Held-out items found", "Learning curves", "History", "What is recommended", "A few users",
      "Time, and what was read", "refused", "NDCG@10, whole catalogue", "Training loss",
      "+66.7 %", "+3.1 % beside the live model", "59.4 %",
    ] {
      #expect(page.contains(part), "\(part)")
    }
  }

  @Test("What is not on record leaves no empty picture, and the page stays whole")
  func sparse() throws {
    var dossier = madeUpDossier(nights: 1)
    dossier.metrics = []
    dossier.epochs = []
    dossier.stages = []
    dossier.lists = nil
    dossier.tenths = []
    dossier.readers = []
    dossier.served = ServedFigures()
    dossier.history[0].ndcg = .init()
    dossier.run.status = .failed
    dossier.run.live = ""
    let page = Page(dossier).html
    let elements = try Elements(page)
    #expect(!elements.names.contains("svg"))
    #expect(page.contains("Nothing was recorded"))
    #expect(page.contains("status bad"))
  }

  @Test("A single night, a single epoch and a single length of list can be drawn")
  func single() throws {
    var dossier = madeUpDossier(nights: 1)
    dossier.run.k = 1
    dossier.metrics = dossier.metrics.filter { $0.k == 1 }
    dossier.epochs = [.init(phase: "finetune", epoch: 1, loss: 0.2, hr: nil, ndcg: nil)]
    let page = Page(dossier).html
    _ = try Elements(page)
    #expect(!page.contains("nan") && !page.contains("inf"))
    #expect(page.contains("fine-tune"))
  }
}

/// What an XML parser finds in a page; the page is HTML and XML at once.
private final class Elements: NSObject, XMLParserDelegate {
  private(set) var names: [String] = []
  private(set) var attributes: Set<String> = []
  private(set) var ids: [String] = []
  private(set) var labels: Set<String> = []
  private(set) var text = ""

  init(_ page: String) throws {
    super.init()
    let parser = XMLParser(data: Data(page.utf8))
    parser.delegate = self
    guard parser.parse() else {
      throw Malformed(
        description: "line \(parser.lineNumber): \(parser.parserError.map { "\($0)" } ?? "?")")
    }
  }

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?,
    qualifiedName: String?, attributes found: [String: String]
  ) {
    names.append(name)
    attributes.formUnion(found.keys)
    if let id = found["id"] { ids.append(id) }
    for key in ["aria-labelledby", "aria-describedby"] {
      labels.formUnion((found[key] ?? "").split(separator: " ").map(String.init))
    }
  }

  func parser(_ parser: XMLParser, foundCharacters part: String) { text += part }

  struct Malformed: Error, CustomStringConvertible { let description: String }
}
