import Testing

@testable import Formatting

/// Passwords are replaced in texts, whatever surrounds them.
struct RedactionTests {
  @Test(arguments: [
    ("CREATE ROLE a PASSWORD 'canary'", "CREATE ROLE a PASSWORD '***'"),
    ("PASSWORD E'can''canary' LOGIN", "PASSWORD E'***' LOGIN"),
    ("ROLE a password 'it''s canary' x", "ROLE a password '***' x"),
    ("dblink('host=a password=canary port=1')", "dblink('host=a password=*** port=1')"),
    ("dblink('password=''can canary'' port=1')", "dblink('password=''***'' port=1')"),
    ("OPTIONS (user 'a', password 'canary')", "OPTIONS (user 'a', password '***')"),
    ("dblink('postgres://a:can:canary@b/c')", "dblink('postgres://a:***@b/c')"),
    ("https://a.b/c 'd@e'", "https://a.b/c 'd@e'"),
    ("password authentication failed", "password authentication failed"),
    ("column \"password\" of \"t\"", "column \"password\" of \"t\""),
    ("OPTIONS (\"password\" 'canary')", "OPTIONS (\"password\" '***')"),
    ("{\"password\": \"canary\"}", "{\"password\": \"***\"}"),
    ("no secret at all", "no secret at all"),
    (
      "database \"postgresql://me:canary-cut-off\" does not exist",
      "database \"postgresql://me:***\" does not exist"
    ),
    ("see https://a.b:8080/c, or https://a.b: no", "see https://a.b:8080/c, or https://a.b: no"),
    ("postgresql://host:5432/shop", "postgresql://host:5432/shop"),
    ("postgresql://host/a:b", "postgresql://host/a:b"),
    ("PASSWORD $x$canary$x$ LOGIN", "PASSWORD *** LOGIN"),
  ])
  func assignmentsAndCredentialsAreHidden(text: String, shown: String) {
    let result = Redaction()(text)
    #expect(result == shown)
    #expect(!result.contains("canary"))
  }

  @Test func wordsThatEverybodyKnowsStayReadable() {
    let redaction = Redaction(
      passwords: ["postgres", "s3cret!", "abc", nil], publicWords: ["postgres", nil])
    #expect(redaction("role postgres, s3cret!, abc") == "role postgres, ***, abc")
  }
}
