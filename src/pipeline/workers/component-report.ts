import type { ComponentKind } from '#src/component/define.ts'
import type { CollectionTotals } from '#src/telemetry/collections.ts'
import type { LedgerCounts } from '#src/telemetry/ledger.ts'
import type { ComponentState, ComponentStatus } from '#src/telemetry/service-view.ts'
import type { TargetsReport } from './target-question.ts'

/** How one component of a worker fares, as plain data. */
export interface ComponentReport {
  readonly kind: ComponentKind
  readonly id: string
  readonly pipeline: string | undefined
  /** Tells it from others that had its id in this worker before. */
  readonly instance: number
  readonly state: ComponentState
  readonly error: string | undefined
  readonly since: number
  readonly lastActivity: number | undefined
  readonly counts: LedgerCounts
  readonly intervalMs: number | undefined
  /** Undefined where the report is a short one. */
  readonly sources: readonly (readonly [source: string, totals: CollectionTotals])[] | undefined
  /** Undefined where they are not asked for, or it has none. */
  readonly targets: TargetsReport | undefined
}

/** How much of components is reported: with many targets all of it takes time. */
export interface ReportDetail {
  readonly sources: boolean
  readonly targets: boolean
}

/** Reports how a component fares. */
export function reportOf(status: ComponentStatus, instance: number, detail: ReportDetail): ComponentReport {
  const { kind, id, pipeline, state, error, since, lastActivity, ledger, collections, targets } = status
  return {
    kind,
    id,
    pipeline,
    instance,
    state,
    error,
    since,
    lastActivity,
    counts: ledger.counts(),
    intervalMs: collections?.intervalMs,
    sources: detail.sources && collections !== undefined ? [...collections.bySource] : undefined,
    targets:
      detail.targets && targets !== undefined
        ? {
            active: [...targets.active()],
            dropped: [...targets.dropped()],
            droppedCounts: targets.droppedCounts(),
          }
        : undefined,
  }
}
