import Jobs

/// The sections that say who gets a list and what may be in it.
extension Job {
  static func readUsers(_ section: Section) -> Users {
    var section = section
    var users = Users()
    users.query = section.text("query")
    users.activeWithin = section.value("active_within", wanted: ageForm) { Age($0) }
    if let least = section.integer("cold_below") { users.coldBelow = least }
    if let forget = section.flag("forget_absent") { users.forgetAbsent = forget }
    users.features = section.text("features")
    section.finish()
    return users
  }

  static func readItems(_ section: Section) -> Items {
    var section = section
    let items = Items(
      eligible: section.text("eligible"), group: section.text("group"),
      maxPerGroup: section.integer("max_per_group"), features: section.text("features"))
    section.finish()
    return items
  }

  static func readExclusion(_ section: Section) -> Exclusion {
    var section = section
    var exclude = Exclusion()
    if let consumed = section.flag("consumed") { exclude.consumed = consumed }
    exclude.events = section.texts("events")
    exclude.readmitAfter = section.value("readmit_after", wanted: ageForm) { Age($0) }
    section.finish()
    return exclude
  }

  static func readPopular(_ section: Section) -> Popular {
    var section = section
    let popular = Popular(
      window: section.value("window", wanted: ageForm) { Age($0) },
      halfLife: section.value("half_life", wanted: ageForm) { Age($0) })
    section.finish()
    return popular
  }
}
