import ArgumentParser
import Interactions

import struct Foundation.Data
import struct Foundation.URL

/// A log in a file of lines `user item seconds`, tab-separated, whose ids are dense already.
enum LogFile {
  /// Reads a file into a table; ids are taken as they are.
  static func table(_ path: String) throws -> InteractionTable {
    let data = try Data(contentsOf: URL(fileURLWithPath: path))
    var columns = InteractionColumns()
    var fields: [UInt32] = []
    var number: UInt32 = 0
    var hasDigits = false
    var users: UInt32 = 0
    var items: UInt32 = 0
    for byte in data {
      switch byte {
      case 0x30...0x39:
        number = number * 10 + UInt32(byte - 0x30)
        hasDigits = true
      case 0x09, 0x0A:
        if hasDigits { fields.append(number) }
        number = 0
        hasDigits = false
        if byte == 0x0A {
          guard fields.count == 3 else {
            throw ValidationError("\(path): a line is not user, item and seconds")
          }
          columns.append(user: fields[0], item: fields[1], second: fields[2])
          users = max(users, fields[0] + 1)
          items = max(items, fields[1] + 1)
          fields.removeAll(keepingCapacity: true)
        }
      default: throw ValidationError("\(path): '\(byte)' is neither a digit nor a tab")
      }
    }
    return InteractionTable(
      columns: columns, users: .identity(Int(users)), items: .identity(Int(items)),
      userCount: Int(users), itemCount: Int(items))
  }
}
