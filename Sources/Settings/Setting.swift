/// A number among some options: its key in a file, the property that holds it, and its bounds.
package struct Setting<Options> {
  /// A property that holds the number.
  package enum Field {
    /// A whole number.
    case whole(WritableKeyPath<Options, Int>)
    /// A number in single precision.
    case single(WritableKeyPath<Options, Float>)
    /// A number in double precision.
    case double(WritableKeyPath<Options, Double>)
  }

  /// The key in the options' section, such as `negatives` or `l2.tower`.
  package let key: String
  /// The property.
  package let field: Field
  private let bounds: Bounds

  /// A whole number.
  package init(_ key: String, _ property: WritableKeyPath<Options, Int>, _ bounds: Bounds) {
    (self.key, field, self.bounds) = (key, .whole(property), bounds)
  }

  /// A number in single precision.
  package init(_ key: String, _ property: WritableKeyPath<Options, Float>, _ bounds: Bounds) {
    (self.key, field, self.bounds) = (key, .single(property), bounds)
  }

  /// A number in double precision.
  package init(_ key: String, _ property: WritableKeyPath<Options, Double>, _ bounds: Bounds) {
    (self.key, field, self.bounds) = (key, .double(property), bounds)
  }

  /// The number as text.
  package func text(in options: Options) -> String {
    switch field {
    case .whole(let property): "\(options[keyPath: property])"
    case .single(let property): "\(options[keyPath: property])"
    case .double(let property): "\(options[keyPath: property])"
    }
  }

  /// The problem with the number; nil when it is within its bounds.
  package func problem(in options: Options) -> Problem? {
    switch field {
    case .whole(let property): bounds.problem(key, options[keyPath: property])
    case .single(let property): bounds.problem(key, options[keyPath: property])
    case .double(let property): bounds.problem(key, options[keyPath: property])
    }
  }
}

/// Options with numbers that a file may set.
///
/// The table is the only place that has keys and bounds: files are read and written by it, and values
/// are checked by it.
package protocol NumericSettings {
  /// The numbers.
  static var settings: [Setting<Self>] { get }
}

extension NumericSettings {
  /// The keys of the numbers.
  package var settingKeys: [String] { Self.settings.map(\.key) }

  /// The numbers beyond their bounds, in the order of the table.
  package var settingProblems: [Problem] {
    Self.settings.compactMap { $0.problem(in: self) }
  }

  /// The same, seen from a section above.
  package func settingProblems(in section: String) -> [Problem] {
    settingProblems.map { $0.below(section) }
  }
}
