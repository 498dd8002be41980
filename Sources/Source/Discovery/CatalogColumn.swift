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
