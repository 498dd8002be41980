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
  static func read(_ result: QueryResult) throws(PostgresError) -> [CatalogTable] {
    var tables: [CatalogTable] = []
    for row in result {
      let relation: String = try row.decode("relation")
      if tables.last?.relation != relation {
        tables.append(
          CatalogTable(
            relation: relation, name: try row.decode("table_name"),
            rows: try row.decodeIfPresent("rows"), columns: []))
      }
      tables[tables.count - 1].columns.append(try CatalogColumn(row))
    }
    return tables
  }
}

extension CatalogColumn {
  /// Reads one of the rows of `SQL.Search.columns`.
  init(_ row: Row) throws(PostgresError) {
    self.init(
      name: try row.decode("name"), quoted: try row.decode("quoted"), type: try row.decode("type"),
      typeName: try row.decode("type_name"), isEnum: try row.decode("is_enum"),
      isUnique: try row.decode("is_unique"))
    if let relation = try row.decodeIfPresent(String.self, "target") {
      target = (relation, try row.decode("target_name"), try row.decode("target_column"))
    }
  }
}

/// A column as the catalog describes it.
struct CatalogColumn: Equatable {
  /// Its name as it is, and as SQL takes it.
  var name, quoted: String
  /// OID of its type, a domain's base type; what the type is called; whether it is an enum.
  var type: UInt32
  var typeName: String
  var isEnum = false
  /// Whether no two rows share a value.
  var isUnique = false
  /// The table that its one-column foreign key leads to, quoted; that table's bare name and column.
  var target: (relation: String, name: String, column: String)?

  static func == (a: CatalogColumn, b: CatalogColumn) -> Bool {
    a.name == b.name && a.type == b.type && a.target?.relation == b.target?.relation
  }
}
