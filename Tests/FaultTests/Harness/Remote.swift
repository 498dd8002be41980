import TestSupport

/// A shop that is reached through a network of its own.
struct Remote {
  let shop: FaultShop
  let network: FaultyNetwork
  let variables: [String: String]

  init() throws {
    shop = try FaultShop()
    // Nobody else can know the name, so nobody else gets through.
    let user = "faults_\(UInt64.random(in: .min ... .max))"
    try shop.execute("CREATE ROLE \(user) SUPERUSER LOGIN")
    network = try FaultyNetwork(to: "\(shop.server.folder)/.s.PGSQL.5432", token: user)
    variables = [
      "PGHOST": "127.0.0.1", "PGPORT": "\(network.port)", "PGUSER": user,
      "PGSSLMODE": "disable", "PGGSSENCMODE": "disable",
    ]
  }

  func night(_ point: String? = nil, seed: UInt64? = nil, _ arguments: [String] = []) throws
    -> Running
  {
    try shop.night(point, seed: seed, arguments, variables: variables)
  }
}
