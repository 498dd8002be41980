import Interactions

/// How well columns would do as parts of an interaction, told from names, types and foreign keys.
///
/// Points are comparable within one role; 0 and below is no candidate.
enum ColumnRoles {
  /// Points of a column in a role.
  static func points(_ column: CatalogColumn, as role: ColumnRole) -> Double {
    let points =
      switch role {
      case .user: identifier(column, among: users, against: items)
      case .item: identifier(column, among: items, against: users)
      case .time: time(column)
      case .event: event(column)
      case .value: value(column)
      }
    // A table whose columns are called as a job calls them was made for it.
    return points > 0 && column.name == role.rawValue ? points + 4 : points
  }

  /// Points of a name of a table as that of a log.
  static func logPoints(_ name: String) -> Double {
    words(name).contains { logs[$0] != nil } ? 4 : 0
  }

  private static func identifier(
    _ column: CatalogColumn, among own: [String: Double], against other: [String: Double]
  ) -> Double {
    // Of a unique column there would be one interaction for each value.
    guard IdentifierKind(typeOID: column.type) != nil, !column.isUnique else { return 0 }
    let named = words(column.name)
    guard !named.contains(where: describing.contains) else { return 0 }
    let weight = named.compactMap { own[$0] }.max() ?? 0
    let target = column.target.map { words($0.name).compactMap { own[$0] }.max() ?? 0 } ?? 0
    guard weight > 0 || target > 0 else { return 0 }
    // user_item_id, or item_id that refers to users: whose is it?
    let isForeign = named.contains { other[$0] != nil }
    var points = max(weight, target) + (weight > 0 && target > 0 ? 2 : 0)
    if isForeign { points -= weight == 0 ? 6 : 4 }
    if named.contains(where: keys.contains) { points += 2 }
    if column.target != nil { points += 2 }
    let isText = IdentifierKind(typeOID: column.type) == .text
    if isText, column.target == nil, !named.contains(where: keys.contains) { points -= 3 }
    return points
  }

  private static func time(_ column: CatalogColumn) -> Double {
    let base: Double
    switch column.type {
    case 1184: base = 6
    case 1114: base = 5
    case 1082: base = 3
    default: return 0
    }
    let named = words(column.name)
    let bonus = named.compactMap { moments[$0] }
    return base + (bonus.max() ?? 0) + min(0, bonus.min() ?? 0)
  }

  private static func event(_ column: CatalogColumn) -> Double {
    guard column.isEnum || IdentifierKind(typeOID: column.type) == .text, column.target == nil,
      !column.isUnique
    else { return 0 }
    let named = words(column.name)
    guard !named.contains(where: { users[$0] != nil || items[$0] != nil }) else { return 0 }
    return named.compactMap { kinds[$0] }.max() ?? 0
  }

  private static func value(_ column: CatalogColumn) -> Double {
    guard [20, 21, 23, 700, 701, 1700].contains(column.type), column.target == nil,
      !column.isUnique
    else { return 0 }
    let named = words(column.name)
    guard !named.contains(where: keys.contains) else { return 0 }
    return named.compactMap { values[$0] }.max() ?? 0
  }

  /// The words of a name, in lower case and without a plural's s: `orderLines` is order, line.
  static func words(_ name: String) -> [String] {
    var words: [String] = []
    var word = ""
    var before: Character?
    for character in name {
      let isWord = character.isLetter
      if !isWord || (character.isUppercase && before?.isLowercase == true), !word.isEmpty {
        words.append(word)
        word = ""
      }
      if isWord { word += character.lowercased() }
      before = character
    }
    if !word.isEmpty { words.append(word) }
    return words.map(singular)
  }

  private static func singular(_ word: String) -> String {
    if word.hasSuffix("ies"), word.count > 4, word != "series", word != "movies" {
      return word.dropLast(3) + "y"
    }
    if word.hasSuffix("s"), word.count > 3, !word.hasSuffix("ss"), word != "series" {
      return String(word.dropLast())
    }
    return word
  }

  private static let users: [String: Double] = [
    "user": 10, "customer": 10, "member": 8, "person": 7, "people": 7, "client": 8, "buyer": 9,
    "visitor": 8, "subscriber": 9, "account": 6, "reader": 8, "listener": 9, "viewer": 9,
    "player": 8, "patient": 7, "student": 7, "guest": 7, "profile": 6, "shopper": 9, "reviewer": 8,
    "author": 2, "session": 3, "household": 6, "cust": 8, "uid": 9, "userid": 10, "customerid": 10,
    "kunde": 8, "passenger": 7, "device": 3, "employee": 4,
  ]
  private static let items: [String: Double] = [
    "item": 10, "product": 10, "article": 9, "sku": 9, "movie": 10, "film": 10, "book": 9,
    "song": 10, "track": 9, "artist": 8, "album": 8, "video": 10, "game": 8, "content": 8,
    "listing": 9, "offer": 7, "isbn": 9, "asin": 10, "post": 6, "page": 6, "course": 8,
    "recipe": 9, "restaurant": 9, "poi": 9, "business": 7, "hotel": 9, "good": 6, "material": 6,
    "show": 7, "episode": 8, "podcast": 9, "story": 7, "ad": 5, "app": 6, "job": 5, "venue": 8,
    "beer": 9, "wine": 9, "media": 7, "document": 6, "paper": 6, "variant": 6,
    "productid": 10, "itemid": 10, "movieid": 10,
  ]
  private static let moments: [String: Double] = [
    "occurred": 6, "happened": 6, "event": 5, "ordered": 5, "purchased": 5, "bought": 5,
    "viewed": 5, "watched": 5, "played": 5, "listened": 5, "clicked": 5, "rated": 5, "placed": 5,
    "sold": 5, "visited": 5, "read": 4, "paid": 4, "created": 3, "inserted": 2, "logged": 3,
    "time": 2, "timestamp": 3, "ts": 3, "date": 2, "at": 1, "when": 2, "on": 1, "updated": -2,
    "modified": -2, "changed": -2, "deleted": -6, "expire": -6, "expired": -6, "birth": -8,
    "born": -8, "shipped": -2, "delivered": -2, "due": -4, "valid": -4, "cancelled": -6,
    "canceled": -6, "refunded": -6, "end": -2, "ended": -2, "finished": -1, "released": -6,
    "published": -5,
  ]
  private static let kinds: [String: Double] = [
    "event": 6, "action": 6, "verb": 6, "activity": 5, "kind": 5, "type": 4, "interaction": 6,
    "behavior": 5, "behaviour": 5,
  ]
  private static let values: [String: Double] = [
    "rating": 7, "star": 6, "score": 5, "grade": 5, "value": 4, "quantity": 3, "qty": 3,
    "amount": 2, "playcount": 3, "weight": 2,
  ]
  private static let keys: Set<String> = ["id", "uuid", "key", "no", "number", "code", "ref", "fk"]
  private static let logs: [String: Double] = [
    "event": 1, "order": 1, "purchase": 1, "rating": 1, "view": 1, "click": 1, "interaction": 1,
    "log": 1, "history": 1, "play": 1, "transaction": 1, "sale": 1, "review": 1, "visit": 1,
    "line": 1, "watch": 1, "listen": 1, "read": 1, "booking": 1, "like": 1, "favorite": 1,
    "favourite": 1,
  ]
  /// Words of columns that say something about a user or an item, and are not which one it is.
  private static let describing: Set<String> = [
    "name", "email", "mail", "agent", "type", "title", "description", "count", "price", "total",
    "status", "url", "language", "country", "city", "category", "group", "role", "age", "gender",
    "phone", "address", "note", "comment", "color", "colour", "brand", "parent",
  ]
}
