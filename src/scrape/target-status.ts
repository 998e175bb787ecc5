import type { LabelPairs } from '#src/relabel/relabeling.ts'
import type { DroppedTargetStatus, TargetStatus } from '#src/telemetry/targets-view.ts'
import type { ScrapeJob } from './scrape-job.ts'
import type { TargetLoop } from './target-loop.ts'
import { isSecretName, shownUrl } from './target-url.ts'
import type { DroppedTarget } from './target.ts'

const hidden = 'REDACTED'

/** A target that is scraped, for people. */
export function targetStatus({ name }: ScrapeJob, loop: TargetLoop): TargetStatus {
  const { target, last, missed } = loop
  return {
    id: target.key,
    job: name,
    url: shownUrl(target.url),
    labels: shownLabels(target.labels),
    discovered: shownLabels(target.discovered),
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
  return { job: name, discovered: shownLabels(discovered), reason, detail }
}

/** Labels as pairs; parameters that sound like secrets are hidden, as labels and in URLs. */
export function shownLabels(labels: readonly string[]): LabelPairs {
  const pairs: [name: string, value: string][] = []
  for (let index = 0; index < labels.length; index += 2) {
    const name = labels[index] ?? ''
    pairs.push([name, shownValue(name, labels[index + 1] ?? '')])
  }
  return pairs
}

function shownValue(name: string, value: string): string {
  if (name.startsWith('__param_') && isSecretName(name)) return hidden
  return /^https?:\/\/.*\?/.test(value) && URL.canParse(value) ? shownUrl(value) : value
}
