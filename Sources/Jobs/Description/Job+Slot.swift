extension Job {
  /// The slot whose lists the view `recommendations` shows.
  package static let mainSlot = "main"

  /// What a slot may be called, in words.
  package static let slotForm = "1 to 63 letters, digits, - and _"

  /// Whether a slot may be called so.
  package static func isSlot(_ name: String) -> Bool {
    (1...63).contains(name.utf8.count)
      && name.utf8.allSatisfy { byte in
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte)
          || (0x61...0x7A).contains(byte) || byte == 0x2D || byte == 0x5F
      }
  }
}
