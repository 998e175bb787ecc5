import { shownUrl } from '#src/http/shown-url.ts'
import { Labels } from '#src/relabel/labels.ts'
import type { LabelPairs, TraceStep } from '#src/relabel/relabeling.ts'
import type { RelabelTrace } from '#src/telemetry/targets-view.ts'
import { mergeLabels } from './honored-labels.ts'
import type { ScrapeJob } from './scrape-job.ts'
import { pairsOf, shownPairs, shownStep } from './shown-labels.ts'
import { buildTarget, fillTargetLabels } from './target-labels.ts'
import type { Target } from './target.ts'

/** What the rules of a job do to a discovered target, step by step, and what becomes of it; without secrets. */
export function traceTarget(job: ScrapeJob, discovered: readonly string[]): RelabelTrace {
  const labels = fillTargetLabels(new Labels(), discovered, job)
  const input = shownPairs(labels.pairs())
  const steps = job.relabeling.trace(labels).map(shownStep)
  const built = buildTarget(discovered, job)
  if (!('reason' in built)) {
    const output = shownPairs(pairsOf(built.labels))
    return { input, steps, output, notes: [`it is scraped at ${shownUrl(built.url)}`] }
  }
  const note = built.reason === 'relabeling' ? 'a rule drops it' : `it cannot be scraped: ${built.detail}`
  return { input, steps, output: undefined, notes: [note] }
}

/** What becomes of a series that a target exposes: `__name__` is among its labels. */
export function traceSeries(
  job: ScrapeJob,
  { labels: own }: Target,
  exposed: readonly string[],
): RelabelTrace {
  const labels = new Labels()
  const isName = (index: number): boolean => exposed[index - (index % 2)] === '__name__'
  try {
    mergeLabels(
      labels,
      exposed.filter((_, index) => !isName(index)),
      own,
      job.honorLabels,
    )
  } catch (error) {
    const note = error instanceof Error ? error.message : String(error)
    return { input: pairsOf(exposed), steps: [], output: undefined, notes: [note] }
  }
  labels.fill('__name__', exposed[exposed.indexOf('__name__') + 1] ?? '')
  const input = labels.pairs()
  const steps = job.metricRelabeling?.trace(labels) ?? []
  return { input, steps, ...outcomeOf(steps, labels.pairs()) }
}

/** What steps lead to: labels that begin with two underscores do not stay. */
export function outcomeOf(
  steps: readonly TraceStep[],
  labels: LabelPairs,
): Pick<RelabelTrace, 'output' | 'notes'> {
  if (steps.some(({ after }) => after === undefined)) return { output: undefined, notes: ['a rule drops it'] }
  const output = labels.filter(([name]) => name === '__name__' || !name.startsWith('__'))
  return { output, notes: [] }
}
