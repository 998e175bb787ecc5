import { shownUrl } from '#src/http/shown-url.ts'
import type { DroppedTargetStatus, TargetStatus } from '#src/telemetry/targets-view.ts'
import type { ScrapeJob } from './scrape-job.ts'
import type { TargetLoop } from './target-loop.ts'
import { pairsOf, shownPairs } from './shown-labels.ts'
import type { DroppedTarget } from './target.ts'

/** A target that is scraped, for people. */
export function targetStatus({ name }: ScrapeJob, loop: TargetLoop): TargetStatus {
  const { target, last, missed } = loop
  return {
    id: target.key,
    job: name,
    url: shownUrl(target.url),
    labels: shownPairs(pairsOf(target.labels)),
    discovered: shownPairs(pairsOf(target.discovered)),
    health: last === undefined ? 'unknown' : last.error === undefined ? 'up' : 'down',
    intervalMs: target.intervalMs,
    timeoutMs: target.timeoutMs,
    lastScrape: last?.time,
    lastDurationMs: last?.durationMs ?? 0,
    samples: last?.samples ?? 0,
    bodyBytes: last?.bodyBytes ?? 0,
    error: last?.error,
    missed,
  }
}

/** A target that is not scraped, for people. */
export function droppedStatus({ name }: ScrapeJob, target: DroppedTarget): DroppedTargetStatus {
  const { discovered, reason, detail } = target
  return { job: name, discovered: shownPairs(pairsOf(discovered)), reason, detail }
}
