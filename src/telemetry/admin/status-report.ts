import { internedSets } from '#src/model/attribute-set.ts'
import type { Collections } from '../collections.ts'
import type { Ledger } from '../ledger.ts'
import type { QueueStatus } from '../queue-status.ts'
import type { ComponentStatus, ServiceView } from '../service-view.ts'
import { readinessOf } from './readiness.ts'

/** Everything that `/status` tells, ready for JSON. Times are ISO 8601, durations seconds, counts data points. */
export function statusReport(service: ServiceView, now: number): object {
  const { version, startedAt, loadedAt, lastReload, reloads } = service
  const { ready, reasons } = readinessOf(service, now)
  return {
    ready,
    reasons,
    version,
    start_time: time(startedAt),
    uptime_seconds: (now - startedAt) / 1000,
    config: {
      loaded_at: time(loadedAt),
      reloads,
      ...(lastReload === undefined ? {} : { last_reload: { ...lastReload, time: time(lastReload.time) } }),
    },
    interned: { sets: internedSets() },
    workers: workersReport(service),
    components: Array.from(service.components(), componentReport),
  }
}

function componentReport(component: ComponentStatus): object {
  const { kind, id, pipeline, state, error, since, lastActivity, location, ledger, collections, parts } =
    component
  return {
    kind,
    id,
    pipeline,
    state,
    since: time(since),
    error,
    last_activity: lastActivity === undefined ? undefined : time(lastActivity),
    location,
    points: ledgerReport(ledger),
    queue: component.queueStatus === undefined ? undefined : queueReport(component.queueStatus),
    collections: collections === undefined ? undefined : collectionsReport(collections),
    workers: parts?.map((part) => ({
      worker: part.worker,
      state: part.state,
      since: time(part.since),
      error: part.error,
      last_activity: part.lastActivity === undefined ? undefined : time(part.lastActivity),
      points: ledgerReport(part.ledger),
    })),
  }
}

/** The worker threads; undefined where there are none. */
function workersReport(service: ServiceView): object[] | undefined {
  const workers = Array.from(service.workers(), ({ worker, state, restarts, error, ...use }) => ({
    worker,
    state,
    restarts,
    error,
    heap_used_bytes: use.heapUsedBytes,
    event_loop_active_seconds: use.activeSeconds,
  }))
  return workers.length === 0 ? undefined : workers
}

function queueReport({ memoryBytes, oldest, disk }: QueueStatus): object {
  return {
    memory_bytes: memoryBytes,
    oldest: oldest === undefined ? undefined : time(oldest),
    disk: disk && {
      directory: disk.directory,
      bytes: disk.bytes,
      max_bytes: disk.maxBytes,
      writable: disk.writable,
      // What a loss of power may cost.
      loss_window_seconds: disk.lossWindowSeconds ?? 'unknown',
      damages: disk.damages,
      damaged_bytes: disk.damagedBytes,
    },
  }
}

function ledgerReport(ledger: Ledger): object {
  const { accepted, refused, restored, delivered, queued, stored } = ledger
  return {
    accepted,
    refused,
    restored,
    delivered,
    queued,
    stored,
    rejected: Object.fromEntries(ledger.rejected),
    dropped: Object.fromEntries(ledger.dropped),
  }
}

function collectionsReport({ bySource, intervalMs }: Collections): object {
  return {
    interval_seconds: intervalMs === undefined ? undefined : intervalMs / 1000,
    sources: Array.from(bySource, ([source, totals]) => ({
      source,
      collections: totals.collections,
      errors: Object.fromEntries(totals.errors),
      last_duration_seconds: totals.lastDurationMs / 1000,
      duration_seconds: totals.durationMs / 1000,
      series: totals.series,
      churn: totals.churn,
      missed: totals.missed,
    })),
  }
}

function time(milliseconds: number): string {
  return new Date(milliseconds).toISOString()
}
