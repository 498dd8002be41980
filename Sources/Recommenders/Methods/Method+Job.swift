import Baselines
package import Jobs
import NCF

extension Method {
  /// What a job trains.
  package init(_ job: Job) {
    switch job.method {
    case .auto: preconditionFailure("the method of the job is not chosen yet")
    case .ncf: self = .network(Network(job))
    case .baseline(let baseline): self = .baseline(BaselineSetup(job.baselines[baseline]))
    }
  }
}

extension Method.Network {
  /// The network of a job with its training, whether the job publishes it or a baseline.
  package init(_ job: Job) {
    self.init(
      spec: job.model, options: job.training,
      start: job.training.pretrain == .factors ? job.initial.setups : [])
  }
}

extension Job {
  /// The same job with a method.
  ///
  /// - Parameter method: what is trained; its seeds are not used.
  /// - Returns: a job that trains it, with its own seed and refit.
  package func training(_ method: Recommenders.Method) -> Job {
    var job = self
    switch method {
    case .baseline(let setup):
      job.method = .baseline(setup.baseline)
      job.baselines[setup.baseline] = setup.options
    case .network(let network): job.take(network)
    }
    return job
  }

  /// Takes over a network's settings; seed and refit stay the job's.
  package mutating func take(_ network: Recommenders.Method.Network) {
    let own = training
    method = .ncf
    (model, training) = (network.spec, network.options)
    (training.seed, training.refit) = (own.seed, own.refit)
    if network.start.isEmpty { return }
    initial.methods = network.start.map { $0.baseline }
    for setup in network.start { initial.settings[setup.baseline] = setup.options }
  }
}
