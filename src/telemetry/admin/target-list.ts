import type { DroppedTargetStatus, TargetStatus } from '../targets-view.ts'
import type { ServiceView } from '../service-view.ts'

/** A target with the receiver that it is of. */
export type Listed<Target> = Target & { readonly component: string }

/** Which targets are wanted. */
export interface TargetFilter {
  readonly component: string | undefined
  readonly job: string | undefined
  readonly health: string | undefined
}

/** Reads a filter out of a query: `job` or, as Prometheus has it, `scrapePool`; `health`; `component`. */
export function targetFilter(query: URLSearchParams): TargetFilter {
  const given = (name: string): string | undefined => {
    const value = query.get(name)
    return value === null || value === '' ? undefined : value
  }
  return {
    component: given('component'),
    job: given('job') ?? given('scrapePool'),
    health: given('health'),
  }
}

/** The targets that are scraped, of all receivers. */
export function* activeTargets(service: ServiceView, filter: TargetFilter): Generator<Listed<TargetStatus>> {
  for (const { id, targets } of service.components()) {
    if (targets === undefined || (filter.component ?? id) !== id) continue
    for (const target of targets.active()) {
      const fits =
        (filter.job ?? target.job) === target.job && (filter.health ?? target.health) === target.health
      if (fits) yield { ...target, component: id }
    }
  }
}

/** The targets that were found and are not scraped, as far as they are remembered. */
export function* droppedTargets(
  service: ServiceView,
  filter: TargetFilter,
): Generator<Listed<DroppedTargetStatus>> {
  for (const { id, targets } of service.components()) {
    if (targets === undefined || (filter.component ?? id) !== id) continue
    for (const target of targets.dropped()) {
      if ((filter.job ?? target.job) === target.job) yield { ...target, component: id }
    }
  }
}

/** How many targets each job dropped, by its name. */
export function droppedCounts(service: ServiceView, filter: TargetFilter): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { id, targets } of service.components()) {
    if (targets === undefined || (filter.component ?? id) !== id) continue
    for (const [job, count] of targets.droppedCounts()) {
      if ((filter.job ?? job) === job) counts.set(job, (counts.get(job) ?? 0) + count)
    }
  }
  return counts
}
