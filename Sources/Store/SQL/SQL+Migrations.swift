import RunSupport

extension SQL {
  /// Statements of the migrator.
  enum Migrations {
    static let ledgerExists =
      "SELECT pg_catalog.to_regclass('ncf.migrations') IS NOT NULL AS exists"
    static let applied = """
      SELECT number, name, sha256, applied_at::text AS applied_at, applied_by FROM ncf.migrations ORDER BY number
      """
    static let record = """
      INSERT INTO ncf.migrations (number, name, sha256)
      VALUES ($1, $2,
        pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to($3, 'UTF8')), 'hex'))
      """
    static let checksum = """
      SELECT pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to($1, 'UTF8')), 'hex') AS sha256
      """
  }
}
