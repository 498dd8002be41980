import Glibc
import Postgres

/// A table or view as the catalog describes it.
struct CatalogTable: Equatable {
  /// Its name, qualified and quoted; and bare.
  var relation, name: String
  /// Rows that the server believes there are; nil when it does not know.
  var rows: Int?
  /// Its columns that may be read, in order.
  var columns: [CatalogColumn]

  /// Tables from the rows of `SQL.Search.columns`.
  static func read(_ result: QueryResult) -> [CatalogTable] {
    var tables: [CatalogTable] = []
    for row in 0..<result.rowCount {
      func text(_ column: Int) -> String { result[row: row, column: column] ?? "" }
      if tables.last?.relation != text(0) {
        tables.append(
          CatalogTable(
            relation: text(0), name: text(1), rows: result[row: row, column: 3].flatMap { Int($0) },
            columns: []))
      }
      var column = CatalogColumn(
        name: text(4), quoted: text(5), type: UInt32(text(6)) ?? 0, typeName: text(8),
        isEnum: text(7) == "t", isUnique: text(9) == "t")
      if let relation = result[row: row, column: 10] {
        column.target = (relation, text(11), text(12))
      }
      tables[tables.count - 1].columns.append(column)
    }
    return tables
  }
}
