import ArgumentParser
import Jobs
import Operations

/// `ncf-batch similar`.
typealias SimilarCommand = ListCommand<ItemList>

/// The items like an item.
enum ItemList: ListKind {
  static let subject = ListReader.Subject.item
  static let noun = "item"
  static let configuration = CommandConfiguration(
    commandName: "similar", abstract: "Read the items most like an item, as they are served now.",
    discussion: """
      It reads the view similar_items in the job's output schema: that of --schema, else \
      NCF_OUTPUT_SCHEMA, else of the file in --config or NCF_CONFIG, else ncf. An item without a list is \
      told of, and no error.

      With --json it prints {"item_id", "similar_items": [{"rank", "item_id", "score"}]}; ids are \
      strings, whatever their type in the source.

      \(Manual.examples([
        ("ncf-batch similar 7 -d shop", "what is like item 7"),
        ("ncf-batch similar 7 --json -d shop", "for a program"),
      ]))

      \(Manual.exitCodes("read", [.unavailable, .permission, .configuration]))
      """)
}
