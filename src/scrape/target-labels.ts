import { formatPrometheusDuration, parsePrometheusDuration } from '#src/config/duration.ts'
import type { DiscoveredLabels } from '#src/discovery/discovery.ts'
import { compareBytewise } from '#src/model/attribute-set.ts'
import { hashTexts } from '#src/model/hash.ts'
import { Labels } from '#src/relabel/labels.ts'
import type { ScrapeJob } from './scrape-job.ts'
import type { DroppedTarget, Target } from './target.ts'
import { BadTarget, targetUrl } from './target-url.ts'

const metaPrefix = '__meta_'
const paramPrefix = '__param_'

/** Serves one target after the other. */
const shared = new Labels()

/** What a job takes from its labels. */
type TargetJob = Pick<
  ScrapeJob,
  'name' | 'scheme' | 'metricsPath' | 'params' | 'intervalMs' | 'timeoutMs' | 'relabeling'
>

/**
 * Makes a target of what discovery said, in the order of Prometheus: what the job says where discovery did not, then its
 * rules; then `instance` is the address where no rule wrote it, and what discovery told beside (`__meta_...`) goes.
 */
export function buildTarget(discovered: DiscoveredLabels, job: TargetJob): Target | DroppedTarget {
  const labels = fillTargetLabels(shared, discovered, job)
  if (!job.relabeling.apply(labels) || labels.size === 0)
    return { discovered, reason: 'relabeling', detail: '' }
  try {
    return finishTarget(labels, discovered, job)
  } catch (error) {
    if (!(error instanceof BadTarget)) throw error
    return { discovered, reason: 'invalid', detail: error.message }
  }
}

/** The labels as the rules of a job get them. */
export function fillTargetLabels(labels: Labels, discovered: DiscoveredLabels, job: TargetJob): Labels {
  labels.clear()
  for (let index = 0; index < discovered.length; index += 2) {
    const name = discovered[index] ?? ''
    if (!labels.has(name)) labels.fill(name, discovered[index + 1] ?? '')
  }
  const defaults: [name: string, value: string][] = [
    ['job', job.name],
    ['__scrape_interval__', formatPrometheusDuration(job.intervalMs)],
    ['__scrape_timeout__', formatPrometheusDuration(job.timeoutMs)],
    ['__metrics_path__', job.metricsPath],
    ['__scheme__', job.scheme],
  ]
  for (const [name, [first]] of job.params)
    if (first !== undefined) defaults.push([paramPrefix + name, first])
  for (const [name, value] of defaults) if (!labels.has(name)) labels.fill(name, value)
  return labels
}

/** @throws {BadTarget} */
function finishTarget(labels: Labels, discovered: DiscoveredLabels, job: TargetJob): Target {
  const address = labels.get('__address__')
  if (address === '') throw new BadTarget('it has no __address__')
  const intervalMs = durationOf(labels, '__scrape_interval__')
  const timeoutMs = durationOf(labels, '__scrape_timeout__')
  if (timeoutMs > intervalMs) {
    throw new BadTarget(
      `its __scrape_timeout__ ${labels.get('__scrape_timeout__')} is longer than its __scrape_interval__ ${labels.get('__scrape_interval__')}`,
    )
  }
  const { url, host } = targetUrl({
    address,
    scheme: labels.get('__scheme__'),
    path: labels.get('__metrics_path__'),
    params: paramsOf(labels, job),
  })
  if (!labels.has('instance')) labels.set('instance', host)
  const all = labels
    .pairs()
    .filter(([name]) => !name.startsWith(metaPrefix))
    .toSorted(([first], [second]) => compareBytewise(first, second))
  const broken = all.find(([, value]) => !value.isWellFormed())
  if (broken !== undefined) throw new BadTarget(`the value of its label ${broken[0]} is no text`)
  const identity = all.filter(([name]) => !isOfTiming(name))
  const { high, low } = hashTexts([...identity.flat(), url.href])
  return {
    discovered,
    labels: all.filter(([name]) => !name.startsWith('__')).flat(),
    controls: all.filter(([name]) => name.startsWith('__')).flat(),
    url: url.href,
    intervalMs,
    timeoutMs,
    key: `${(high >>> 0).toString(36)}.${(low >>> 0).toString(36)}`,
  }
}

/** Whether a label says when a target is scraped, and not what it is. */
function isOfTiming(name: string): boolean {
  return name === '__scrape_interval__' || name === '__scrape_timeout__'
}

/** @throws {BadTarget} */
function durationOf(labels: Labels, name: string): number {
  const text = labels.get(name)
  const duration = parsePrometheusDuration(text)
  if (duration === undefined) throw new BadTarget(`its ${name} ${JSON.stringify(text)} is no duration`)
  if (duration === 0) throw new BadTarget(`its ${name} is 0`)
  return duration
}

/** The parameters of the job; of each, a label has the first value. */
function paramsOf(labels: Labels, job: TargetJob): Map<string, readonly string[]> {
  const params = new Map(job.params)
  for (let index = 0; index < labels.size; index++) {
    const label = labels.nameAt(index)
    if (!label.startsWith(paramPrefix)) continue
    const name = label.slice(paramPrefix.length)
    params.set(name, [labels.valueAt(index), ...(job.params.get(name) ?? []).slice(1)])
  }
  return params
}
