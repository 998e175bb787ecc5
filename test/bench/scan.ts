/**
 * What reading scrapes costs: CPU per sample while series stay, come and go, and change their order, and bytes a live
 * series. Bodies are in memory, in chunks as a socket brings them.
 *
 *     npm run bench:scan
 */
import { setTimeout } from 'node:timers/promises'
import { internAttributes } from '#src/model/attribute-set.ts'
import { emptyScope } from '#src/model/resource.ts'
import { Metric, Series } from '#src/model/series.ts'
import { Source } from '#src/model/source.ts'
import { defaultReaderOptions, ExpositionReader } from '#src/text/exposition-reader.ts'
import type { ExposedSeries } from '#src/text/exposed-series.ts'
import { makeTargets, type BenchTarget } from './scrape-bodies.ts'

const chunkLength = 256 * 1024
const rounds = 7

const metrics = new WeakMap<object, Metric>()

function resolve({ labels, family, role }: ExposedSeries): Series {
  let metric = metrics.get(family)
  if (metric === undefined) {
    metric = new Metric(family.name, family.descriptor, emptyScope)
    metrics.set(family, metric)
  }
  return new Series(metric, internAttributes(labels), role)
}

/** CPU of this process in seconds. */
function cpu(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}

function heap(): number {
  for (let round = 0; round < 6; round++) globalThis.gc?.()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN
}

const chunk = Buffer.alloc(chunkLength)

/** Reads one body of each target; returns seconds of scanning, and of taking what was scanned. */
async function scrape(
  pairs: readonly (readonly [BenchTarget, ExpositionReader])[],
  time: number,
): Promise<{ scan: number; commit: number }> {
  let scan = 0
  let commit = 0
  const bodies = pairs.map(([target]) => target.body())
  // What making them left behind, and the threads that sweep it, are not what reading them costs.
  globalThis.gc?.()
  await setTimeout(200)
  for (const [index, [, reader]] of pairs.entries()) {
    const body = bodies[index] ?? chunk
    const start = cpu()
    reader.begin('text-0.0.4')
    for (let at = 0; at < body.length; at += chunkLength) {
      const length = body.copy(chunk, 0, at, at + chunkLength)
      reader.feed(chunk, 0, length)
    }
    reader.end()
    const scanned = cpu()
    reader.commit(time)
    scan += scanned - start
    commit += cpu() - scanned
  }
  return { scan, commit }
}

const targets = makeTargets()
const total = targets.reduce((sum, target) => sum + target.series, 0)
const bytes = targets.reduce((sum, target) => sum + target.body().length, 0)
const empty = heap()
const pairs = targets.map((target, index) => {
  const reader = new ExpositionReader(new Source('bench', String(index)), resolve, defaultReaderOptions)
  return [target, reader] as const
})

const first = await scrape(pairs, 1)
await scrape(pairs, 2)
const live = heap() - empty
const own = pairs.reduce((sum, [, reader]) => sum + reader.memory, 0)
console.log(
  `${targets.length} targets, ${total} series, ${(bytes / total).toFixed(0)} bytes a series in the body`,
)
console.log(
  `bytes per live series: ${(live / total).toFixed(0)}, of them ${(own / total).toFixed(0)} for lines and slots`,
)
console.log(`first scrape: ${(((first.scan + first.commit) * 1e6) / total).toFixed(2)} us per new series`)
console.log('CPU seconds per million samples'.padEnd(36), 'scan'.padStart(8), 'commit'.padStart(8))

let time = 10
async function measure(name: string, change: (target: BenchTarget) => void): Promise<void> {
  const scans: number[] = []
  const commits: number[] = []
  for (let round = 0; round < rounds; round++) {
    for (const target of targets) change(target)
    const { scan, commit } = await scrape(pairs, time++)
    scans.push((scan * 1e6) / total)
    commits.push((commit * 1e6) / total)
  }
  console.log(name.padEnd(36), median(scans).toFixed(3).padStart(8), median(commits).toFixed(3).padStart(8))
}

await measure('no change', () => {})
for (const share of [0.001, 0.01, 0.05]) {
  await measure(`${share * 100} % of lines replaced`, (target) => target.churn(share, false))
}
for (const share of [0.001, 0.01, 0.05]) {
  await measure(`${share * 100} % replaced in blocks of 60`, (target) => target.churn(share, true))
}
await measure('order of every family shuffled', (target) => target.shuffle())
await measure('no change', () => {})
