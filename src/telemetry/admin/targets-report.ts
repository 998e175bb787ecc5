import { formatPrometheusDuration } from '#src/config/duration.ts'
import type { ServiceView } from '../service-view.ts'
import { activeTargets, droppedCounts, droppedTargets, targetFilter } from './target-list.ts'

/**
 * What `/api/v1/targets` answers: in the form of Prometheus, with more. `state` is `active`, `dropped` or `any`.
 */
export function targetsReport(service: ServiceView, query: URLSearchParams): object {
  const filter = targetFilter(query)
  const state = query.get('state') ?? 'any'
  const active = state === 'dropped' ? [] : activeTargets(service, filter)
  const dropped = state === 'active' ? [] : droppedTargets(service, filter)
  return {
    status: 'success',
    data: {
      activeTargets: Array.from(active, (target) => ({
        component: target.component,
        id: target.id,
        discoveredLabels: Object.fromEntries(target.discovered),
        labels: Object.fromEntries(target.labels),
        scrapePool: target.job,
        scrapeUrl: target.url,
        globalUrl: target.url,
        lastError: target.error ?? '',
        lastScrape: new Date(target.lastScrape ?? 0).toISOString(),
        lastScrapeDuration: target.lastDurationMs / 1000,
        lastSamples: target.samples,
        lastBodyBytes: target.bodyBytes,
        missedScrapes: target.missed,
        health: target.health,
        scrapeInterval: formatPrometheusDuration(target.intervalMs),
        scrapeTimeout: formatPrometheusDuration(target.timeoutMs),
      })),
      droppedTargets: Array.from(dropped, (target) => ({
        component: target.component,
        discoveredLabels: Object.fromEntries(target.discovered),
        scrapePool: target.job,
        reason: target.reason,
        detail: target.detail,
      })),
      droppedTargetCounts: Object.fromEntries(droppedCounts(service, filter)),
    },
  }
}
