/**
 * What encoding for remote write costs: CPU seconds per million samples and bytes per sample on the wire, first, in the steady
 * state, and with series replaced in every cycle; beside a plain protobuf encoder whose message is compressed as a whole.
 *
 *     npm run bench:remote-write-encode
 */
import { systemClock } from '#src/component/clock.ts'
import { internAttributes } from '#src/model/attribute-set.ts'
import { Batch } from '#src/model/batch.ts'
import type { Layout } from '#src/model/layout.ts'
import { makeResource, makeScope, type Scope } from '#src/model/resource.ts'
import { makeDescriptor, Metric, Series } from '#src/model/series.ts'
import { SlotTable } from '#src/model/slot-table.ts'
import { Source } from '#src/model/source.ts'
import { PrometheusLabels } from '#src/naming/prometheus-labels.ts'
import { translationOf } from '#src/naming/prometheus-names.ts'
import { Intake } from '#src/queue/intake.ts'
import { compress } from '#src/remote/snappy.ts'
import { Ledger } from '#src/telemetry/ledger.ts'
import { optionsOf } from '#src/testing/options.ts'
import { Config } from '../../exporters/prometheus_remote_write/config.ts'
import { RemoteWriteEncoding } from '../../exporters/prometheus_remote_write/encoding.ts'
import type { ProtocolVersion } from '../../exporters/prometheus_remote_write/protocol.ts'

const rounds = 15

/** A series before it is one: its metric's name, and key, value, key, value. */
type Row = readonly [name: string, labels: readonly string[]]

/** What a kubelet shows of containers: 24 metrics that share a label set. */
function* containerRows(source: number, containers: number, generation = ''): Generator<Row> {
  for (let container = 0; container < containers; container++) {
    const pod = `checkout-service-${container >> 1}${generation}-7d9f8c6b5d-x${source}k2p`
    const labels = [
      'container',
      `checkout-${container % 7}`,
      'id',
      `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${hex(source, container)}.slice/cri-containerd-${hex(container, source)}${generation}.scope`,
      'image',
      `registry.example.com/shop/checkout-${container % 13}:v1.${container % 5}.0`,
      'name',
      `${hex(container, source)}${hex(source, container)}${generation}`,
      'namespace',
      `shop-${container % 40}`,
      'pod',
      pod,
    ]
    for (let metric = 0; metric < 24; metric++)
      yield [`container_${metricWords[metric % 12] ?? ''}_${metric}_total`, labels]
  }
}

const metricWords = [
  'cpu_usage_seconds',
  'memory_working_set_bytes',
  'network_receive_packets_dropped',
  'fs_reads_bytes',
  'cpu_cfs_throttled_periods',
  'memory_failures',
  'network_transmit_bytes',
  'threads_max',
  'fs_sector_writes',
  'memory_mapped_file',
  'spec_memory_limit_bytes',
  'processes_open',
]

/** What a node shows: few labels a series. */
function* nodeRows(cpus: number): Generator<Row> {
  for (let cpu = 0; cpu < cpus; cpu++) {
    for (const mode of ['idle', 'iowait', 'irq', 'nice', 'softirq', 'steal', 'system', 'user'])
      yield ['node_cpu_seconds_total', ['cpu', String(cpu), 'mode', mode]]
  }
  for (let device = 0; device < 40; device++) {
    for (let metric = 0; metric < 30; metric++)
      yield [`node_network_${metricWords[metric % 12] ?? ''}_${metric}_total`, ['device', `eth${device}`]]
  }
  for (let metric = 0; metric < 300; metric++) yield [`node_${metricWords[metric % 12] ?? ''}_${metric}`, []]
}

/** What is shown of objects: a label set for each series or two. */
function* objectRows(objects: number): Generator<Row> {
  for (let object = 0; object < objects; object++) {
    const labels = [
      'namespace',
      `shop-${object % 40}`,
      'pod',
      `web-${object}-5f7d8c`,
      'uid',
      `${hex(object, 1)}-${hex(object, 2)}`,
    ]
    yield ['kube_pod_info', [...labels, 'node', `node-${object % 60}`, 'host_ip', `10.0.0.${object % 60}`]]
    yield ['kube_pod_created', labels]
    yield ['kube_pod_start_time', labels]
    for (const phase of ['Pending', 'Succeeded', 'Failed', 'Unknown', 'Running'])
      yield ['kube_pod_status_phase', [...labels, 'phase', phase]]
  }
}

/** 32 characters that differ from those of other numbers. */
function hex(first: number, second: number): string {
  let state = Math.imul(first + 1, 0x9e3779b1) ^ Math.imul(second + 7, 0x85ebca6b)
  const words = Array.from({ length: 4 }, () => {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9
    return (state >>> 0).toString(16).padStart(8, '0')
  })
  return words.join('')
}

/** A target: its series, and what comes and goes. */
class Target {
  readonly table: SlotTable
  readonly #scope: Scope
  readonly #own: readonly string[]
  readonly #metrics = new Map<string, Metric>()
  readonly #slots: number[] = []
  readonly #rows: Row[] = []
  #values = new Float64Array(0)

  constructor(number: number, kind: string, rows: Iterable<Row>) {
    this.table = new SlotTable(new Source('bench', String(number)))
    this.#scope = makeScope(makeResource([], { derived: true }))
    this.#own = ['instance', `10.0.0.${number}:9100`, 'job', kind]
    for (const row of rows) this.#add(row)
    this.table.commit()
  }

  get size(): number {
    return this.#slots.length
  }

  /** Replaces a share of the series, each by one with another pod. */
  churn(share: number, cycle: number): void {
    const count = Math.round(this.size * share)
    for (let index = 0; index < count; index++) {
      const at = (index * 7919 + cycle * 104_729) % this.size
      const row = this.#rows[at]
      const slot = this.#slots[at]
      if (row === undefined || slot === undefined) continue
      this.table.remove(slot)
      this.#rows[at] = row
      this.#slots[at] = this.table.add(this.#series([row[0], [...row[1], 'replaced', `${cycle}-${at}`]]))
    }
    this.table.commit()
  }

  batch(time: number): Batch {
    const layout: Layout = this.table.layout
    if (this.#values.length < layout.series.length) this.#values = new Float64Array(layout.series.length)
    for (let slot = 0; slot < this.#values.length; slot++)
      this.#values[slot] = ((time / 1000) % 1000) * slot * 1.1
    return new Batch(layout, { time, values: this.#values })
  }

  #add(row: Row): void {
    this.#rows.push(row)
    this.#slots.push(this.table.add(this.#series(row)))
  }

  #series([name, labels]: Row): Series {
    let metric = this.#metrics.get(name)
    if (metric === undefined) {
      metric = new Metric(
        name,
        makeDescriptor({ kind: 'sum', monotonic: true, description: `Counts ${name}, as its target says.` }),
        this.#scope,
      )
      this.#metrics.set(name, metric)
    }
    return new Series(metric, internAttributes([...labels, ...this.#own]))
  }
}

function* targets(): Generator<Target> {
  for (let number = 0; number < 20; number++) yield new Target(number, 'node', nodeRows(64))
  for (let number = 20; number < 35; number++) yield new Target(number, 'kubelet', containerRows(number, 360))
  for (let number = 35; number < 37; number++) yield new Target(number, 'objects', objectRows(3500))
}

/** CPU of this process in seconds. */
function cpu(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN
}

let all = [...targets()]
const samples = all.reduce((sum, { size }) => sum + size, 0)
const ledger = new Ledger()
let now = 1_700_000_000_000

/** What some cycles cost. */
interface Cost {
  readonly seconds: number
  readonly bytes: number
  readonly requests: number
}

/** Encodes batches of all targets in one version, and tells CPU seconds, bytes and requests of each cycle. */
class Run {
  readonly #encoding: RemoteWriteEncoding
  #bytes = 0
  #requests = 0

  constructor(version: ProtocolVersion) {
    const config = optionsOf(Config, { external_labels: { cluster: 'eu-prod-1' } })
    this.#encoding = new RemoteWriteEncoding(version, config, systemClock, {
      encoded: () => undefined,
      dropped: (intake, points, reason) => intake.drop(points, reason),
      done: (request) => {
        this.#bytes += request.body.length
        this.#requests++
        for (const { intake, points } of request.shares) intake.deliver(points)
        request.release()
      },
    })
  }

  cycle(): Cost {
    now += 15_000
    this.#bytes = 0
    this.#requests = 0
    const batches = all.map((target) => target.batch(now))
    const start = cpu()
    for (const batch of batches) {
      const intake = new Intake(batch.size, ledger, undefined)
      for (const _ of this.#encoding.encode([batch], intake));
    }
    this.#encoding.flush()
    return { seconds: cpu() - start, bytes: this.#bytes, requests: this.#requests }
  }
}

console.log(`${samples} series of ${all.length} targets`)
console.log('                            CPU s/M   bytes/sample   requests')
let generation = 0
for (const version of ['1.0', '2.0'] as const) {
  all = [...targets()]
  const run = new Run(version)
  print(`${version} first`, run.cycle())
  for (const share of [0, 0.001, 0.01, 0.05]) {
    const runs = Array.from({ length: rounds }, () => {
      if (share > 0) for (const target of all) target.churn(share, ++generation)
      return run.cycle()
    })
    print(share === 0 ? `${version} steady` : `${version} ${share * 100} % replaced`, {
      seconds: median(runs.map(({ seconds }) => seconds)),
      bytes: median(runs.map(({ bytes }) => bytes)),
      requests: median(runs.map(({ requests }) => requests)),
    })
  }
}
all = [...targets()]
print('plain protobuf, snappy', plain())

function print(name: string, { seconds, bytes, requests }: Cost): void {
  const perMillion = (seconds / samples) * 1e6
  console.log(
    `${name.padEnd(26)} ${perMillion.toFixed(3).padStart(8)} ${(bytes / samples).toFixed(1).padStart(14)} ${String(requests).padStart(10)}`,
  )
}

/** The obvious way: each sample with its labels into protobuf, 10,000 a message, and the message compressed. */
function plain(): Cost {
  const labels = new PrometheusLabels({
    translation: translationOf('UnderscoreEscapingWithSuffixes'),
    constLabels: { cluster: 'eu-prod-1' },
    scopeInfo: true,
    promotes: () => false,
  })
  const batches = all.map((target) => target.batch(now))
  const start = cpu()
  let bytes = 0
  let count = 0
  let message = Buffer.allocUnsafe(1 << 24)
  let end = 0
  let inMessage = 0
  const flush = (): void => {
    bytes += compress(message.subarray(0, end)).length
    count++
    end = 0
    inMessage = 0
  }
  for (const batch of batches) {
    for (const slot of batch.walk) {
      const series = batch.layout.series[slot]
      if (series === undefined) continue
      const pairs: [string, string][] = [['__name__', labels.name(series)]]
      const own = labels.pairs(series)
      for (let index = 0; index < own.length; index += 2) pairs.push([own[index] ?? '', own[index + 1] ?? ''])
      const parts = pairs
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, value]) => {
          const key = Buffer.from(name)
          const text = Buffer.from(value)
          return Buffer.concat([
            Buffer.from([0x0a, key.length + text.length + 4 + (text.length > 127 ? 1 : 0), 0x0a, key.length]),
            key,
            Buffer.from([0x12, text.length]),
            text,
          ])
        })
      for (const part of parts) end += part.copy(message, end)
      end = message.writeDoubleLE(batch.values[slot] ?? 0, end)
      end += 12
      if (++inMessage === 10_000) flush()
    }
  }
  flush()
  return { seconds: cpu() - start, bytes, requests: count }
}
