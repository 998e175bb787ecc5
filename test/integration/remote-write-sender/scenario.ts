import { internAttributes } from '#src/model/attribute-set.ts'
import { makeResource, makeScope } from '#src/model/resource.ts'
import { Metric, Series } from '#src/model/series.ts'
import { makeReader, scrape } from '#src/testing/exposition.ts'
import {
  decode,
  RemoteWriteReceiver,
  type ReceivedRequest,
  type ScriptedAnswer,
} from '#src/testing/remote-write-receiver.ts'
import type { ReadRequest, ReadSeries } from '#src/testing/remote-write.ts'
import type { ExposedFamily } from '#src/text/exposed-families.ts'
import type { ExpositionFormat, ExpositionReader } from '#src/text/exposition-reader.ts'
import type { TestExporter } from '#src/testing/pushing-exporter.ts'
import { exporterFor } from '../../../exporters/prometheus_remote_write/test-exporter.ts'

/** How much a case is asked for by the specification. */
export type Level = 'MUST' | 'SHOULD' | 'RECOMMENDED' | 'MAY'

/** What is scraped and sent. */
export interface Given {
  /** Expositions, one scrape each. */
  readonly bodies: readonly string[]
  readonly format?: ExpositionFormat
  /** Unix time in milliseconds of the first scrape, and between two; now, and a second, where absent. */
  readonly time?: number
  /** Options beside endpoint and message. */
  readonly options?: object
  /** 1.0 instead of 2.0. */
  readonly first?: boolean
  readonly answer?: RemoteWriteReceiver['answer']
}

/** What a receiver got of it. */
export interface Sent {
  readonly requests: readonly ReceivedRequest[]
  readonly read: readonly ReadRequest[]
  readonly series: readonly ReadSeries[]
  readonly sut: TestExporter
}

/** When all scrapes of a case are: in whole milliseconds. */
export const now: number = Date.now()

/** What the receiver answers that takes everything, and says so as 2.0 wants. */
export function takesAll(request: ReceivedRequest): ScriptedAnswer {
  if (!String(request.headers['content-type']).includes('v2')) return { status: 204 }
  const { series } = decode(request)
  const count = (of: (each: ReadSeries) => number): string =>
    String(series.reduce((sum, each) => sum + of(each), 0))
  return {
    status: 204,
    headers: {
      'X-Prometheus-Remote-Write-Samples-Written': count(({ samples }) => samples.length),
      'X-Prometheus-Remote-Write-Histograms-Written': count(({ histograms }) => histograms.length),
      'X-Prometheus-Remote-Write-Exemplars-Written': count(({ exemplars }) => exemplars.length),
    },
  }
}

/** A reader of a target whose series have the labels of job and instance. */
export function targetReader(): ExpositionReader {
  const scope = makeScope(makeResource([], { derived: true }))
  const metrics = new WeakMap<ExposedFamily, Metric>()
  return makeReader({}, ({ labels, family, role }) => {
    let metric = metrics.get(family)
    if (metric === undefined) {
      metric = new Metric(family.name, family.descriptor, scope)
      metrics.set(family, metric)
    }
    return new Series(
      metric,
      internAttributes([...labels, 'instance', '127.0.0.1:9100', 'job', 'test']),
      role,
    )
  })
}

/** An exporter against a receiver, by 2.0 unless said otherwise; waits between attempts are short. */
export async function sender(
  given: Pick<Given, 'options' | 'first' | 'answer'>,
): Promise<{ readonly receiver: RemoteWriteReceiver; readonly sut: TestExporter } & AsyncDisposable> {
  const receiver = await RemoteWriteReceiver.start(given.answer ?? takesAll)
  const sut = exporterFor({
    endpoint: receiver.url,
    protobuf_message: given.first === true ? 'prometheus.WriteRequest' : 'io.prometheus.write.v2.Request',
    retry_on_failure: { initial_interval: '2ms', max_interval: '20ms' },
    ...given.options,
  })
  return {
    receiver,
    sut,
    async [Symbol.asyncDispose]() {
      await sut.stop()
      await receiver[Symbol.asyncDispose]()
    },
  }
}

/** Scrapes expositions, sends what they say, and returns when nothing waits any more. */
export async function send(given: Given): Promise<Sent> {
  await using both = await sender(given)
  const { receiver, sut } = both
  const reader = targetReader()
  for (const [index, body] of given.bodies.entries()) {
    const time = (given.time ?? now) + index * 1000
    sut.take(scrape(reader, body, { format: given.format ?? 'openmetrics-1.0.0', time }))
    await sut.settled()
  }
  const { requests } = receiver
  const read = receiver.decoded()
  return { requests: [...requests], read, series: read.flatMap(({ series }) => [...series]), sut }
}

/** The one series of this name, and of these labels. */
export function one(
  series: readonly ReadSeries[],
  name: string,
  labels: Readonly<Record<string, string>> = {},
): ReadSeries {
  const found = series.filter(
    (each) =>
      each.labels['__name__'] === name &&
      Object.entries(labels).every(([key, value]) => each.labels[key] === value),
  )
  const [first] = found
  if (first === undefined || found.length > 1)
    throw new Error(`${found.length} series are ${name}${JSON.stringify(labels)} among ${series.length}`)
  return first
}

/** The only sample of a series. */
export function sampleOf(
  series: readonly ReadSeries[],
  name: string,
  labels: Readonly<Record<string, string>> = {},
): ReadSeries['samples'][number] {
  const { samples } = one(series, name, labels)
  const [first] = samples
  if (first === undefined || samples.length > 1) throw new Error(`${name} has ${samples.length} samples`)
  return first
}

/** An exposition of OpenMetrics. */
export function openMetrics(...lines: readonly string[]): string {
  return [...lines, '# EOF', ''].join('\n')
}

/** A small exposition of all types. */
export const mixed: string = openMetrics(
  '# TYPE http_requests counter',
  '# HELP http_requests Requests that were answered.',
  'http_requests_total{code="200",method="get"} 1027',
  'http_requests_total{code="500",method="get"} 3',
  '# TYPE temperature_celsius gauge',
  '# UNIT temperature_celsius celsius',
  '# HELP temperature_celsius How warm it is.',
  'temperature_celsius -15.5',
  '# TYPE request_size_bytes histogram',
  '# HELP request_size_bytes How large requests are.',
  'request_size_bytes_bucket{le="100.0"} 60',
  'request_size_bytes_bucket{le="+Inf"} 100',
  'request_size_bytes_count 100',
  'request_size_bytes_sum 250.5',
  '# TYPE latency_seconds summary',
  '# HELP latency_seconds How long answers take.',
  'latency_seconds{quantile="0.5"} 0.05',
  'latency_seconds_count 10',
  'latency_seconds_sum 0.75',
)
