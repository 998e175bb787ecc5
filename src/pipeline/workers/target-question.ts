import type { LabelPairs } from '#src/relabel/relabeling.ts'
import type { DroppedTargetStatus, TargetStatus } from '#src/telemetry/targets-view.ts'

/** What a worker is asked about relabeling: a method of `TargetsView`, and what it is given. */
export interface TargetQuestion {
  readonly component: string
  readonly method: 'traceTarget' | 'traceSeries'
  /** A job, or the id of a target. */
  readonly of: string
  readonly labels: LabelPairs
}

/** The targets of a receiver in one worker, as plain data. */
export interface TargetsReport {
  readonly active: readonly TargetStatus[]
  readonly dropped: readonly DroppedTargetStatus[]
  readonly droppedCounts: ReadonlyMap<string, number>
}
