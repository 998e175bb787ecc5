/**
 * What an exposition costs: CPU per million samples, beside @opentelemetry/exporter-prometheus' serializer on the same
 * series in the same run; then the same over HTTP, and the peak of memory while ten scrapers read at once.
 *
 *     npm run bench:exposition
 */
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { get } from 'node:http'
import { PrometheusSerializer } from '@opentelemetry/exporter-prometheus'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { DataPointType, type ResourceMetrics } from '@opentelemetry/sdk-metrics'
import { ChunkPool } from '../../exporters/prometheus/chunk-pool.ts'
import { Exposition } from '../../exporters/prometheus/exposition.ts'
import { PrometheusExporter } from '../../exporters/prometheus/prometheus-exporter.ts'
import { negotiate } from '../../exporters/prometheus/representation.ts'
import { defaults } from '../../exporters/prometheus/test-exporter.ts'
import { attributeText } from '#src/attributes/attribute-text.ts'
import { systemClock } from '#src/component/clock.ts'
import type { PipelineContext } from '#src/component/define.ts'
import { Batch } from '#src/model/batch.ts'
import type { Layout } from '#src/model/layout.ts'
import { Recorder } from '#src/model/recorder.ts'
import { makeResource, makeScope } from '#src/model/resource.ts'
import { makeDescriptor, Metric } from '#src/model/series.ts'
import { Source } from '#src/model/source.ts'
import { Ledger } from '#src/telemetry/ledger.ts'
import { silentLogger } from '#src/telemetry/silent-logger.ts'

const families = 343
const rounds = 9
const ticksPerSecond = 100

const context: PipelineContext = {
  id: 'prometheus',
  logger: silentLogger,
  clock: systemClock,
  signal: new AbortController().signal,
  ledger: new Ledger(),
  report: () => undefined,
}

/** The series of one target, as cAdvisor has them: a few metrics of each label set. */
function makeLayout(target: number, series: number): Layout {
  const scope = makeScope(makeResource(['job', `job-${target}`], { derived: true }))
  const metrics = Array.from(
    { length: families },
    (_, index) =>
      new Metric(
        `container_network_receive_metric_${index}_total`,
        makeDescriptor({ kind: 'sum', monotonic: true, description: `What metric ${index} counts.` }),
        scope,
      ),
  )
  const recorder = new Recorder(new Source('bench', String(target)))
  recorder.begin()
  for (let index = 0; index < series; index++) {
    const set = Math.floor(index / 2)
    const metric = metrics[(set + (index % 2) * 7) % families]
    if (metric !== undefined) recorder.record(metric, labelsOf(target, set), 0)
  }
  recorder.end(0)
  return recorder.layout
}

function labelsOf(target: number, set: number): string[] {
  return [
    'container',
    `app-${set % 10}`,
    'instance',
    `10.0.0.${target}:9100`,
    'job',
    `job-${target}`,
    'namespace',
    `namespace-${set % 40}`,
    'pod',
    `pod-${target}-${set}-7d9f8c6b5d`,
  ]
}

/** Half whole numbers, a quarter with six places at most, a quarter with all digits that a double has. */
function makeValues(length: number, round: number): Float64Array {
  return Float64Array.from({ length }, (_, slot) => {
    const number = (slot * 7919 + round * 104_729) % 10_000_019
    return slot % 4 < 2 ? number : slot % 4 === 2 ? number / 1000 : number / 7
  })
}

/** CPU of this process in seconds. */
function cpu(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN
}

function batches(layouts: readonly Layout[], round: number): Batch[] {
  return layouts.map((layout) => {
    const values = makeValues(layout.series.length, round)
    return new Batch(layout, { time: 1_700_000_000_000 + round, startTime: 1_700_000_000_000, values })
  })
}

async function writeAll(exposition: Exposition, pool: ChunkPool, accept?: string): Promise<number> {
  let bytes = 0
  for await (const chunk of exposition.write(negotiate(accept, true), pool)) {
    bytes += chunk.length
    pool.give(chunk)
  }
  return bytes
}

/** CPU seconds per million samples, and bytes, of one exposition. */
async function measureWeir(
  layouts: readonly Layout[],
  series: number,
  options: { readonly accept?: string; readonly timestamps?: boolean } = {},
): Promise<{ first: number; steady: number; bytes: number }> {
  const exposition = new Exposition({ ...defaults, send_timestamps: options.timestamps === true }, context)
  const pool = new ChunkPool()
  const costs: number[] = []
  let first = 0
  let bytes = 0
  for (let round = 0; round < rounds + 3; round++) {
    const data = batches(layouts, round)
    const start = cpu()
    for (const batch of data) exposition.take(batch)
    bytes = await writeAll(exposition, pool, options.accept)
    if (round === 0) first = cpu() - start
    else if (round > 2) costs.push(cpu() - start)
  }
  return { first: (first / series) * 1e6, steady: (median(costs) / series) * 1e6, bytes }
}

/** Bytes per series that an exposition holds beside the layouts and the values, after a scrape. */
async function measureMemory(layouts: readonly Layout[], series: number): Promise<number> {
  const data = batches(layouts, 1)
  const before = heldBytes()
  const exposition = new Exposition(defaults, context)
  for (const batch of data) exposition.take(batch)
  await writeAll(exposition, new ChunkPool(0))
  const held = heldBytes() - before
  for (const { layout } of data) exposition.forget(layout.source)
  return held / series
}

function heldBytes(): number {
  for (let round = 0; round < 6; round++) globalThis.gc?.()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

/** CPU seconds per million samples, and bytes, of the peer. */
function measurePeer(layouts: readonly Layout[], series: number): { steady: number; bytes: number } {
  const serializer = new PrometheusSerializer('', false, undefined, true, true)
  const costs: number[] = []
  let bytes = 0
  for (let round = 0; round < 4; round++) {
    const metrics = peerMetrics(batches(layouts, round))
    const start = cpu()
    bytes = Buffer.byteLength(serializer.serialize(metrics))
    if (round > 0) costs.push(cpu() - start)
  }
  return { steady: (median(costs) / series) * 1e6, bytes }
}

function peerMetrics(data: readonly Batch[]): ResourceMetrics {
  const byName = new Map<string, { attributes: Record<string, string>; value: number }[]>()
  for (const { layout, values } of data) {
    for (const slot of layout.live) {
      const series = layout.series[slot]
      if (series === undefined) continue
      const points = byName.get(series.name) ?? []
      byName.set(series.name, points)
      const attributes = Object.fromEntries(
        [...series.attributes].map(([key, value]) => [key, attributeText(value)]),
      )
      points.push({ attributes, value: values[slot] ?? 0 })
    }
  }
  const scopeMetrics = {
    scope: { name: '' },
    metrics: [...byName].map(([name, points]) => ({
      descriptor: { name, description: 'What it counts.', unit: '', type: 'COUNTER', valueType: 1 },
      aggregationTemporality: 1,
      dataPointType: DataPointType.SUM as const,
      isMonotonic: true,
      dataPoints: points.map((point) => ({ ...point, startTime: [0, 0] as const, endTime: [0, 0] as const })),
    })),
  }
  // The serializer looks at no more than this, and its types are not all exported.
  return { resource: resourceFromAttributes({}), scopeMetrics: [scopeMetrics] } as unknown as ResourceMetrics
}

/** In a process of its own: an exporter with data, which tells its port. */
async function serve(layouts: readonly Layout[]): Promise<void> {
  const exporter = new PrometheusExporter({ ...defaults, enable_open_metrics: true }, context)
  await exporter.start()
  exporter.consume(batches(layouts, 1))
  for (let round = 0; round < 6; round++) globalThis.gc?.()
  process.send?.(exporter.url)
  await once(process, 'disconnect')
  await exporter.stop()
}

async function scrape(url: string, encoding: string): Promise<number> {
  const headers = { 'accept-encoding': encoding }
  const request = get(url, { headers, agent: false })
  const [response] = (await once(request, 'response')) as [NodeJS.ReadableStream]
  let bytes = 0
  for await (const chunk of response) bytes += (chunk as Buffer).length
  return bytes
}

async function processCpu(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond
}

async function memory(pid: number, field: 'VmRSS' | 'VmHWM'): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'latin1')
  return Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) / 1024
}

async function measureServer(mode: string, series: number): Promise<void> {
  const child: ChildProcess = fork(import.meta.filename, [mode])
  const [url] = (await once(child, 'message')) as [string]
  const pid = child.pid ?? 0
  for (const encoding of ['identity', 'gzip', 'zstd']) {
    await scrape(url, encoding)
    const start = await processCpu(pid)
    let bytes = 0
    for (let round = 0; round < rounds; round++) bytes = await scrape(url, encoding)
    const cost = ((await processCpu(pid)) - start) / rounds / series
    print(`  over HTTP, ${encoding}`, (cost * 1e6).toFixed(3), bytes)
  }
  for (const encoding of ['identity', 'gzip']) {
    const before = await memory(pid, 'VmRSS')
    // Resets the peak (proc(5), clear_refs).
    await writeFile(`/proc/${pid}/clear_refs`, '5')
    await Promise.all(Array.from({ length: 10 }, async () => await scrape(url, encoding)))
    const peak = await memory(pid, 'VmHWM')
    console.log(
      `  ten scrapers at once, ${encoding}: RSS ${before.toFixed(0)} MB before, ${peak.toFixed(0)} MB at the peak`,
    )
  }
  child.disconnect()
  await once(child, 'exit')
}

function print(name: string, cost: string, size: number | string, ratio = ''): void {
  const megabytes = typeof size === 'string' ? size : (size / 1e6).toFixed(1)
  console.log(`${name.padEnd(44)} ${cost.padStart(10)} ${megabytes.padStart(10)} ${ratio.padStart(10)}`)
}

const shapes: Readonly<Record<string, () => Layout[]>> = {
  one: () => [makeLayout(0, 200_000)],
  many: () => Array.from({ length: 37 }, (_, target) => makeLayout(target, 5406)),
}

const mode = process.argv[2]
const chosen = mode === undefined ? undefined : shapes[mode]
if (chosen !== undefined) {
  await serve(chosen())
} else {
  for (const [name, make] of Object.entries(shapes)) {
    const layouts = make()
    const series = layouts.reduce((sum, { size }) => sum + size, 0)
    console.log(`\n${series} series of ${layouts.length} sources in ${families} families`)
    print('', 'CPU s/M', 'MB', 'peer /')
    const peer = measurePeer(layouts, series)
    print("exporter-prometheus' serializer, unsorted", peer.steady.toFixed(3), peer.bytes)
    const text = await measureWeir(layouts, series)
    print('Weir, the first time (index, sort, text)', text.first.toFixed(3), text.bytes)
    const rows = [
      ['Weir, text', text],
      ['Weir, text with timestamps', await measureWeir(layouts, series, { timestamps: true })],
      [
        'Weir, OpenMetrics',
        await measureWeir(layouts, series, { accept: 'application/openmetrics-text;version=1.0.0' }),
      ],
    ] as const
    for (const [row, { steady, bytes }] of rows)
      print(row, steady.toFixed(3), bytes, (peer.steady / steady).toFixed(1))
    const held = await measureMemory(layouts, series)
    console.log(`  held beside layouts and values: ${held.toFixed(0)} bytes a series`)
    await measureServer(name, series)
  }
}
