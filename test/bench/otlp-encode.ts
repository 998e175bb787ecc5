/**
 * What encoding for OTLP costs: CPU seconds per million data points, first, in the steady state, and with series replaced in
 * every cycle; beside OpenTelemetry's own serializers on the same data, as ratios. Values all change each time.
 *
 *     npm run bench:otlp-encode
 */
import { gzipSync, zstdCompressSync, constants } from 'node:zlib'
import { ValueType } from '@opentelemetry/api'
import { JsonMetricsSerializer, ProtobufMetricsSerializer } from '@opentelemetry/otlp-transformer'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { AggregationTemporality, DataPointType, type MetricData } from '@opentelemetry/sdk-metrics'
import { internAttributes } from '#src/model/attribute-set.ts'
import { Batch, type Columns } from '#src/model/batch.ts'
import type { HistogramPoint } from '#src/model/point.ts'
import { makeResource, makeScope, type Scope } from '#src/model/resource.ts'
import { makeDescriptor, Metric, Series, type Kind, type Role } from '#src/model/series.ts'
import { SlotTable } from '#src/model/slot-table.ts'
import { Source } from '#src/model/source.ts'
import { JsonEncoding } from '#src/otlp/encode/json-encoding.ts'
import type { RequestParts } from '#src/otlp/encode/request-parts.ts'
import { ProtobufRequests } from '#src/otlp/protobuf-request.ts'
import type { Encoding } from '#src/push/encoding.ts'
import { Intake } from '#src/queue/intake.ts'
import { Ledger } from '#src/telemetry/ledger.ts'

const rounds = 9
const bounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** A series before it is one. */
interface Row {
  readonly name: string
  readonly attributes: readonly string[]
  readonly kind: Kind
  readonly role?: Role
}

/** What a node shows: few attributes, and many metrics of one series. */
function* nodeRows(): Generator<Row> {
  for (let cpu = 0; cpu < 32; cpu++) {
    for (const mode of ['idle', 'iowait', 'irq', 'nice', 'softirq', 'steal', 'system', 'user'])
      yield { name: 'node_cpu_seconds_total', attributes: ['cpu', `${cpu}`, 'mode', mode], kind: 'sum' }
  }
  for (let metric = 0; metric < 30; metric++) {
    for (let device = 0; device < 10; device++)
      yield {
        name: `node_network_transmit_packets_${metric}_total`,
        attributes: ['device', `eth${device}`],
        kind: 'sum',
      }
  }
  for (let metric = 0; metric < 250; metric++)
    yield { name: `node_memory_some_kind_${metric}_bytes`, attributes: [], kind: 'gauge' }
}

/** What a kubelet shows of containers: many attributes. */
function* containerRows(target: number): Generator<Row> {
  for (let metric = 0; metric < 24; metric++) {
    for (let container = 0; container < 200; container++) {
      const id = `${(container * 0x9e3779b1).toString(16)}${(target * 0x85ebca6b).toString(16)}`
      yield {
        name: `container_network_receive_packets_${metric}_total`,
        attributes: Object.entries({
          container: `checkout-${container % 7}`,
          id: `/kubepods.slice/kubepods-burstable.slice/pod${id}.slice/cri-containerd-${id}.scope`,
          image: `registry.example.com/shop/checkout-${container % 13}:v1.${container % 5}.0`,
          name: `${id}${id}`,
          namespace: `shop-${container % 40}`,
          pod: `checkout-service-${container >> 1}-7d9f8c6b5d-x${target}k2p`,
        }).flat(),
        kind: 'sum',
      }
    }
  }
}

function* histogramRows(): Generator<Row> {
  for (let handler = 0; handler < 2000; handler++)
    yield {
      name: 'http_request_duration_seconds',
      attributes: ['handler', `/api/v1/things/${handler}`, 'method', 'GET', 'code', '200'],
      kind: 'histogram',
    }
}

/** The same as a scraped target shows it: parts. */
function* classicRows(): Generator<Row> {
  for (const { name, attributes, kind } of histogramRows()) {
    for (const bound of [...bounds, '+Inf'])
      yield { name, attributes: [...attributes, 'le', `${bound}`], kind, role: 'bucket' }
    yield { name, attributes, kind, role: 'sum' }
    yield { name, attributes, kind, role: 'count' }
  }
}

/** Who brings data: its series, and what comes and goes of them. */
class Target {
  readonly #table: SlotTable
  readonly #scope: Scope
  readonly #metrics = new Map<string, Metric>()
  readonly #slots: number[] = []
  readonly #rows: Row[] = []

  constructor(number: number, rows: Iterable<Row>) {
    this.#table = new SlotTable(new Source('bench', `${number}`))
    const resource = makeResource(['service.name', 'bench', 'service.instance.id', `10.0.0.${number}:9100`])
    this.#scope = makeScope(resource, { name: 'bench', version: '1.0.0' })
    for (const row of rows) {
      this.#rows.push(row)
      this.#slots.push(this.#table.add(this.#series(row, [])))
    }
    this.#table.commit()
  }

  get size(): number {
    return this.#rows.length
  }

  get table(): SlotTable {
    return this.#table
  }

  /** Replaces a share of the series. */
  churn(share: number, cycle: number): void {
    const count = Math.round(this.size * share)
    for (let index = 0; index < count; index++) {
      const at = (index * 7919 + cycle * 104_729) % this.size
      const row = this.#rows[at]
      const slot = this.#slots[at]
      if (row === undefined || slot === undefined) continue
      this.#table.remove(slot)
      this.#slots[at] = this.#table.add(this.#series(row, ['replaced', `${cycle}-${at}`]))
    }
    this.#table.commit()
  }

  batch(time: number): Batch {
    const { layout } = this.#table
    const { length } = layout.series
    const values = Float64Array.from({ length }, (_, slot) => (((time / 1000) % 1000) * slot * 11) / 10)
    const columns: Columns = { time, startTime: 1_600_000_000_000, values }
    const [first] = layout.series
    if (first?.role === 'bucket') return new Batch(layout, { ...columns, values: values.fill(time % 1000) })
    if (first?.metric.descriptor.kind !== 'histogram') return new Batch(layout, columns)
    const points = Array.from(values, (value): HistogramPoint => {
      const counts = [...bounds, 0].map((_, bucket) => Math.floor(value) + bucket)
      const count = counts.reduce((sum, each) => sum + each, 0)
      return { kind: 'histogram', count, sum: value, min: undefined, max: undefined, bounds, counts }
    })
    return new Batch(layout, { ...columns, points })
  }

  #series({ name, attributes, kind, role }: Row, more: readonly string[]): Series {
    let metric = this.#metrics.get(name)
    if (metric === undefined) {
      const description = `What ${name} says of its target.`
      metric = new Metric(
        name,
        makeDescriptor({ kind, monotonic: kind === 'sum', description, unit: 'By' }),
        this.#scope,
      )
      this.#metrics.set(name, metric)
    }
    return new Series(metric, internAttributes([...attributes, ...more]), role)
  }
}

function targetsOf(count: number, rows: (target: number) => Iterable<Row>): Target[] {
  return Array.from({ length: count }, (_, number) => new Target(number, rows(number)))
}

const data: Readonly<Record<string, () => Target[]>> = {
  'numbers, of nodes': () => targetsOf(60, nodeRows),
  'numbers, of containers': () => targetsOf(12, containerRows),
  'histograms of 12 buckets': () => targetsOf(10, histogramRows),
  'the same in parts, scraped': () => targetsOf(2, classicRows),
}

let now = 1_700_000_000_000
const ledger = new Ledger()

/** CPU of this process in seconds. */
function cpu(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN
}

/** What some cycles cost. */
interface Cost {
  readonly seconds: number
  readonly bytes: number
}

/** Encodes batches of targets as an exporter does, cycle by cycle. */
class Run {
  readonly #encoding: Encoding
  readonly #share: number
  #bytes = 0
  bodies: Buffer[] | undefined

  /** @param share of the series that are in a batch */
  constructor(make: new (parts: RequestParts) => Encoding, share = 1) {
    this.#share = share
    this.#encoding = new make({
      shards: 1,
      limits: { maxBytes: 1 << 22, maxPoints: 8192 },
      now: () => 0,
      events: {
        encoded: () => undefined,
        dropped: (intake, points, reason) => intake.drop(points, reason),
        done: ({ body, shares, release }) => {
          this.#bytes += body.length
          this.bodies?.push(Buffer.from(body))
          for (const { intake, points } of shares) intake.deliver(points)
          release()
        },
      },
    })
  }

  cycle(targets: readonly Target[]): Cost {
    now += 15_000
    this.#bytes = 0
    const batches = targets.map((target) => {
      const batch = target.batch(now)
      return this.#share === 1
        ? batch
        : batch.withSlots(batch.layout.live.filter((slot) => slot % 10 < this.#share * 10))
    })
    const start = cpu()
    for (const batch of batches) {
      const intake = new Intake(batch.size, ledger, undefined)
      for (const _ of this.#encoding.encode([batch], intake));
    }
    this.#encoding.flush()
    return { seconds: cpu() - start, bytes: this.#bytes }
  }
}

function medianOf(costs: readonly Cost[]): Cost {
  return {
    seconds: median(costs.map(({ seconds }) => seconds)),
    bytes: median(costs.map(({ bytes }) => bytes)),
  }
}

function steady(work: () => Cost): Cost {
  const costs = Array.from({ length: rounds + 2 }, work)
  return medianOf(costs.slice(2))
}

/** The data of a target as OpenTelemetry's SDK has it. */
function official(target: Target): () => Parameters<typeof ProtobufMetricsSerializer.serializeRequest>[0] {
  const batch = target.batch(now)
  const { layout, points } = batch
  const byMetric = Map.groupBy(layout.live, (slot) => layout.series[slot]?.metric)
  const startTime: [number, number] = [1_600_000_000, 0]
  const endTime: [number, number] = [Math.floor(now / 1000), 0]
  const metrics = [...byMetric].map(([metric, slots]) => ({
    descriptor: {
      name: metric?.name ?? '',
      description: metric?.descriptor.description ?? '',
      unit: metric?.descriptor.unit ?? '',
      valueType: ValueType.DOUBLE,
    },
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
    dataPointType:
      points === undefined
        ? metric?.descriptor.kind === 'sum'
          ? DataPointType.SUM
          : DataPointType.GAUGE
        : DataPointType.HISTOGRAM,
    isMonotonic: true,
    dataPoints: slots.map((slot) => {
      const point = points?.[slot]
      const attributes = Object.fromEntries(layout.series[slot]?.attributes ?? [])
      if (point?.kind !== 'histogram')
        return { attributes, startTime, endTime, value: batch.values[slot] ?? 0 }
      const { count, sum, counts } = point
      return {
        attributes,
        startTime,
        endTime,
        value: { count, sum, buckets: { boundaries: bounds, counts } },
      }
    }),
  })) as unknown as MetricData[]
  const resource = resourceFromAttributes(Object.fromEntries(layout.series[0]?.resource.attributes ?? []))
  const scopeMetrics = [{ scope: { name: 'bench', version: '1.0.0' }, metrics }]
  return () => ({ resource, scopeMetrics })
}

function print(name: string, samples: number, { seconds, bytes }: Cost, ratio?: number): void {
  const perMillion = (seconds / samples) * 1e6
  const times = ratio === undefined ? '' : `${(ratio / perMillion).toFixed(1)} x`
  console.log(
    `  ${name.padEnd(34)} ${perMillion.toFixed(3).padStart(8)} ${(bytes / samples).toFixed(1).padStart(13)} ${times.padStart(10)}`,
  )
}

for (const [name, make] of Object.entries(data)) {
  let targets = make()
  const samples = targets.reduce((sum, { size }) => sum + size, 0)
  console.log(`\n${name}: ${samples} series of ${targets.length} targets`)
  console.log(`  ${''.padEnd(34)}  CPU s/M   bytes/point   official / this`)
  const isClassic = targets[0]?.table.layout.series[0]?.role === 'bucket'
  let protobuf: number | undefined
  let json: number | undefined
  if (!isClassic) {
    const requests = targets.map(official)
    const costOf = (serialize: (request: ReturnType<(typeof requests)[0]>) => Uint8Array | undefined): Cost =>
      steady(() => {
        const start = cpu()
        let bytes = 0
        for (const request of requests) bytes += serialize(request())?.length ?? 0
        return { seconds: cpu() - start, bytes }
      })
    const officialProtobuf = costOf((request) => ProtobufMetricsSerializer.serializeRequest(request))
    const officialJson = costOf((request) => JsonMetricsSerializer.serializeRequest(request))
    protobuf = (officialProtobuf.seconds / samples) * 1e6
    json = (officialJson.seconds / samples) * 1e6
    print('official, protobuf', samples, officialProtobuf)
    print('official, JSON (JSON.stringify)', samples, officialJson)
  }
  globalThis.gc?.()
  const before = process.memoryUsage()
  const run = new Run(ProtobufRequests)
  print('protobuf, first', samples, run.cycle(targets), protobuf)
  print(
    'protobuf, steady',
    samples,
    steady(() => run.cycle(targets)),
    protobuf,
  )
  globalThis.gc?.()
  const after = process.memoryUsage()
  const perSeries = (key: 'heapUsed' | 'arrayBuffers'): string =>
    ((after[key] - before[key]) / samples).toFixed(0)
  console.log(
    `  (memory per series: heap ${perSeries('heapUsed')} B, buffers ${perSeries('arrayBuffers')} B)`,
  )
  let generation = 0
  for (const share of [0.001, 0.01, 0.05]) {
    const cost = steady(() => {
      for (const target of targets) target.churn(share, ++generation)
      return run.cycle(targets)
    })
    print(`protobuf, ${share * 100} % replaced`, samples, cost, protobuf)
  }
  if (!isClassic) {
    targets = make()
    const sparse = new Run(ProtobufRequests, 0.2)
    sparse.cycle(targets)
    print(
      'protobuf, a fifth of them each time',
      samples / 5,
      steady(() => sparse.cycle(targets)),
      protobuf,
    )
  }
  const text = new Run(JsonEncoding)
  print(
    'JSON, steady',
    samples,
    steady(() => text.cycle(targets)),
    json,
  )
  run.bodies = []
  run.cycle(targets)
  const { bodies } = run
  const compressed = (compress: (body: Buffer) => Buffer): Cost => {
    const start = cpu()
    const bytes = bodies.reduce((sum, body) => sum + compress(body).length, 0)
    return { seconds: cpu() - start, bytes }
  }
  print(
    'gzip, level 1, of it',
    samples,
    compressed((body) => gzipSync(body, { level: 1 })),
  )
  print(
    'gzip, level 6, of it',
    samples,
    compressed((body) => gzipSync(body, { level: 6 })),
  )
  const level = { params: { [constants.ZSTD_c_compressionLevel]: 1 } }
  print(
    'zstd, level 1, of it',
    samples,
    compressed((body) => zstdCompressSync(body, level)),
  )
}
