import type { ComponentStatus, ServiceView } from '../service-view.ts'

/** Whether the service does its work, and what speaks against it. */
export interface Readiness {
  readonly ready: boolean
  /** Names components, and no detail of theirs: everybody may read it. */
  readonly reasons: readonly string[]
}

/** A receiver that emits nothing for so many of its intervals is stuck. */
const silentIntervals = 3

/**
 * Whether the service is started, no receiver or exporter has failed, and every receiver with a schedule has emitted
 * within its last three intervals. A receiver that waits for others to send may be silent.
 */
export function readinessOf(service: ServiceView, now: number): Readiness {
  const reasons: string[] = []
  if (service.stopping) reasons.push('stopping')
  else if (!service.started) reasons.push('starting')
  else for (const component of service.components()) reasons.push(...against(component, now))
  return { ready: reasons.length === 0, reasons }
}

function against(component: ComponentStatus, now: number): string[] {
  const { kind, id, state } = component
  if (kind !== 'receiver' && kind !== 'exporter') return []
  if (state === 'permanent_error') return [`${kind} ${id} failed`]
  return isSilent(component, now) ? [`${kind} ${id} emitted nothing for ${silentIntervals} intervals`] : []
}

function isSilent({ collections, state, lastActivity, since }: ComponentStatus, now: number): boolean {
  const interval = collections?.intervalMs
  if (interval === undefined || state === 'starting') return false
  return now - Math.max(lastActivity ?? 0, since) > silentIntervals * interval
}
