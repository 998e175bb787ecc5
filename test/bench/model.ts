/**
 * What a series costs: bytes per live one, and CPU per cycle of layouts and a chain of three identity processors at
 * 0, 0.1, 1 and 5 % of series replaced, and for a target that shuffles its lines.
 *
 *     npm run bench:model
 */
import { internedSets } from '#src/model/attribute-set.ts'
import type { Batch } from '#src/model/batch.ts'
import { Recorder } from '#src/model/recorder.ts'
import { makeResource, makeScope } from '#src/model/resource.ts'
import { makeDescriptor, Metric, type Series } from '#src/model/series.ts'
import { Source } from '#src/model/source.ts'
import type { Consumer } from '#src/pipeline/consumer.ts'
import { SeriesStage } from '#src/pipeline/series-stage.ts'
import { Ledger } from '#src/telemetry/ledger.ts'
import { silentLogger } from '#src/telemetry/silent-logger.ts'

const sources = 37
const setsPerSource = 2814
const metricsPerSet = [2, 2, 2, 3]
const families = 343
const cycles = 9

class Sink implements Consumer {
  points = 0

  consume(batches: readonly Batch[]): boolean {
    for (const batch of batches) this.points += batch.size
    return true
  }

  forget(): void {
    // Keeps nothing.
  }
}

function chain(sink: Consumer): Consumer {
  const processors: ((series: Series) => Series | undefined)[] = [
    (series) => (series.name.startsWith('go_') ? undefined : series),
    (series) => (series.name.endsWith('_bucket') ? undefined : series),
    (series) => (series.attributes.get('job') === 'job-36' ? undefined : series),
  ]
  return processors.reduceRight<Consumer>(
    (next, mapSeries) => new SeriesStage({ mapSeries }, next, new Ledger(), silentLogger),
    sink,
  )
}

interface Row {
  metric: Metric
  labels: string[]
}

function makeRows(source: number): Row[] {
  const scope = makeScope(makeResource(['job', `job-${source}`], { derived: true }))
  const metrics = Array.from(
    { length: families },
    (_, index) =>
      new Metric(`container_network_receive_metric_${index}_total`, makeDescriptor({ kind: 'sum' }), scope),
  )
  const rows: Row[] = []
  for (let set = 0; set < setsPerSource; set++) {
    const count = metricsPerSet[set % metricsPerSet.length] ?? 2
    for (let index = 0; index < count; index++) {
      const metric = metrics[(set + index * 7) % families]
      if (metric !== undefined) rows.push({ metric, labels: labelsOf(source, String(set)) })
    }
  }
  return rows
}

function labelsOf(source: number, set: string): string[] {
  return [
    'container',
    `app-${set.length}`,
    'instance',
    `10.0.0.${source}:9100`,
    'job',
    `job-${source}`,
    'namespace',
    `namespace-${Number.parseInt(set, 10) % 40}`,
    'pod',
    `pod-${source}-${set}-7d9f8c6b5d`,
  ]
}

function churn(rows: Row[], source: number, share: number, cycle: number): void {
  const replaced = Math.round(rows.length * share)
  for (let index = 0; index < replaced; index++) {
    const at = (index * 7919 + cycle * 104_729) % rows.length
    const row = rows[at]
    if (row !== undefined) rows[at] = { metric: row.metric, labels: labelsOf(source, `${at}-${cycle}`) }
  }
}

function shuffle(rows: Row[]): void {
  let seed = 1
  for (let index = rows.length - 1; index > 0; index--) {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff
    const other = seed % (index + 1)
    const kept = rows[index]
    const moved = rows[other]
    if (kept !== undefined && moved !== undefined) [rows[index], rows[other]] = [moved, kept]
  }
}

/** CPU of this process in milliseconds. */
function cpu(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN
}

function heap(): number {
  for (let round = 0; round < 6; round++) globalThis.gc?.()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

const empty = heap()
const targets = Array.from({ length: sources }, (_, index) => ({
  recorder: new Recorder(new Source('bench', String(index))),
  rows: makeRows(index),
}))
const live = targets.reduce((sum, { rows }) => sum + rows.length, 0)
const rowsOnly = heap() - empty
const sink = new Sink()
const head = chain(sink)

function cycle(time: number): { record: number; flow: number } {
  let record = 0
  let flow = 0
  for (const { recorder, rows } of targets) {
    const start = cpu()
    recorder.begin()
    for (const { metric, labels } of rows) recorder.record(metric, labels, time)
    const batches = recorder.end(time)
    const recorded = cpu()
    head.consume(batches)
    record += recorded - start
    flow += cpu() - recorded
  }
  return { record, flow }
}

const build = cycle(1)
cycle(2)
const bytes = (heap() - empty - rowsOnly) / live
console.log(`${live} series of ${sources} sources, ${internedSets()} label sets; three identity processors`)
console.log(
  `bytes per live series (heap and array buffers, rows of the generator left out): ${bytes.toFixed(0)}`,
)
console.log(`first cycle: ${(((build.record + build.flow) * 1000) / live).toFixed(2)} us per new series`)
console.log('replaced per cycle   record, ms   chain, ms   chain, CPU s per million samples')
for (const share of [0, 0.001, 0.01, 0.05]) {
  const records: number[] = []
  const flows: number[] = []
  for (let round = 0; round < cycles; round++) {
    for (const [source, { rows }] of targets.entries())
      churn(rows, source, share, Math.round(share * 1e6) + round)
    const { record, flow } = cycle(round + 10)
    records.push(record)
    flows.push(flow)
  }
  print(`${share * 100} %`, median(records), median(flows))
}
const records: number[] = []
const flows: number[] = []
for (let round = 0; round < cycles; round++) {
  for (const { rows } of targets) shuffle(rows)
  const { record, flow } = cycle(round + 100)
  records.push(record)
  flows.push(flow)
}
print('0 %, lines shuffled', median(records), median(flows))

function print(name: string, record: number, flow: number): void {
  const perMillion = (flow / live) * 1000
  console.log(
    `${name.padEnd(20)} ${record.toFixed(1).padStart(10)} ${flow.toFixed(1).padStart(11)}   ${perMillion.toFixed(4)}`,
  )
}
