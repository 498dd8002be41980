import Jobs
import Testing

struct TimePointTests {
  @Test(arguments: [
    ("1970-01-01", 0), ("2026-01-01", 1_767_225_600), ("2024-02-29T12:30:00Z", 1_709_209_800),
    ("2026-01-01T02:00+02:00", 1_767_225_600), ("2025-12-31 19:00:00-0500", 1_767_225_600),
    ("2000-03-01T00:00:00", 951_868_800),
  ])
  func isoMomentsAreRead(text: String, seconds: Int64) {
    #expect(TimePoint(text) == .absolute(microseconds: seconds * 1_000_000))
  }

  @Test func fractionsOfASecondCount() {
    #expect(TimePoint("1970-01-01T00:00:00.25Z") == .absolute(microseconds: 250_000))
  }

  @Test(arguments: [
    ("90d", Age(90, .day)), ("2y", Age(2, .year)), ("6mo", Age(6, .month)),
    ("15min", Age(15, .minute)), ("1w", Age(1, .week)), ("48h", Age(48, .hour)),
  ])
  func agesAreRead(text: String, age: Age) {
    #expect(TimePoint(text) == .age(age))
    #expect(age.description == text)
  }

  @Test(arguments: [
    "", "d", "0d", "-1d", "90", "90 d", "2026-13-01", "2026-02-29", "2026-01-01T25:00Z",
    "2026-01-01T00:00:00.Z", "yesterday", "2026-01-01T00:00+1", "2026-1-1", "1e3d", "2026-01-01x",
  ])
  func otherTextIsRefused(text: String) {
    #expect(TimePoint(text) == nil)
  }
}
