package import Jobs
import Postgres

// The words of the schema `ncf` that are cases here.
extension EvaluationProtocol: ColumnValue {}
extension Metric: ColumnValue {}
extension MetricRow.Split: ColumnValue {}
extension RunKind: ColumnValue {}
extension RunStatus: ColumnValue {}
extension Stage: ColumnValue {}
extension TrainingMode: ColumnValue {}
