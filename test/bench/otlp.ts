/**
 * What it costs to take OTLP and send it on, over HTTP in protobuf with gzip on the way out: the same requests through Weir and
 * through a real Collector, one after the other, to a receiver that reads and forgets. CPU seconds per million data points, and
 * data points per second; each request of 1,000 data points is answered before its sender sends the next.
 *
 *     npm run bench:otlp -- --requests 2000
 */
import { fork, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { ProtobufMetricsSerializer } from '@opentelemetry/otlp-transformer'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { AggregationTemporality, DataPointType, type ResourceMetrics } from '@opentelemetry/sdk-metrics'
import { ValueType } from '@opentelemetry/api'
import { peerBinary } from '../peers/peer-binary.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { freePorts } from './free-port.ts'
import { readUsage } from './process-usage.ts'

const { values } = parseArgs({ options: { requests: { type: 'string', default: '2000' } } })
const requests = Number(values.requests)
const pointsEach = 1000
const sources = 20
/** Requests that are under way at a time. */
const senders = 40
const shapes = ['sums', 'histograms'] as const
type Shape = (typeof shapes)[number]

const bounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** The request of one source in one cycle: 25 metrics of 40 series. */
function requestOf(shape: Shape, source: number, cycle: number): Buffer<ArrayBuffer> {
  const endTime: [number, number] = [1_700_000_000 + cycle * 15, 0]
  const startTime: [number, number] = [1_600_000_000, 0]
  const metrics = Array.from({ length: 25 }, (_, metric) => {
    const descriptor = { name: `requests_${metric}`, description: '', unit: '1', valueType: ValueType.DOUBLE }
    const common = { descriptor, aggregationTemporality: AggregationTemporality.CUMULATIVE }
    const points = Array.from({ length: pointsEach / 25 }, (_point, point) => ({
      attributes: {
        route: `/shop/${point}`,
        method: point % 2 === 0 ? 'GET' : 'POST',
        pod: `checkout-${source}-${point >> 2}`,
      },
      startTime,
      endTime,
      value: cycle * 1000 + point,
    }))
    if (shape === 'sums') {
      return { ...common, dataPointType: DataPointType.SUM, isMonotonic: true, dataPoints: points } as const
    }
    const dataPoints = points.map(({ value, ...rest }) => ({
      ...rest,
      value: {
        buckets: { boundaries: bounds, counts: [...bounds.map((bound) => Math.floor(value * bound)), 1] },
        count: value,
        sum: value,
      },
    }))
    return { ...common, dataPointType: DataPointType.HISTOGRAM, dataPoints } as const
  })
  const all: ResourceMetrics = {
    resource: resourceFromAttributes({ 'service.name': 'shop', 'service.instance.id': `${source}` }),
    scopeMetrics: [{ scope: { name: 'bench' }, metrics }],
  }
  return Buffer.from(ProtobufMetricsSerializer.serializeRequest(all) ?? [])
}

/** Sends so many requests, each again until it is taken. */
async function send(url: string, bodies: readonly Buffer<ArrayBuffer>[], count: number): Promise<void> {
  let next = 0
  await Promise.all(
    Array.from({ length: senders }, async () => {
      while (next < count) {
        const body = bodies[next++ % bodies.length]
        for (;;) {
          const response = await fetch(url, {
            method: 'POST',
            headers: { 'content-type': 'application/x-protobuf' },
            ...(body === undefined ? {} : { body }),
          }).catch(() => undefined)
          await response?.arrayBuffer()
          if (response?.status === 200) break
          await sleep(50)
        }
      }
    }),
  )
}

interface Agent {
  readonly name: string
  start(folder: string, port: number, sink: number): Promise<ChildProcess>
}

const agents: readonly Agent[] = [
  {
    name: 'Weir',
    async start(folder, port, sink) {
      const file = join(folder, 'weir.yaml')
      const configuration = {
        receivers: { otlp: { protocols: { http: { endpoint: `127.0.0.1:${port}` } } } },
        exporters: { otlp_http: { endpoint: `http://127.0.0.1:${sink}` } },
        service: { pipelines: { metrics: { receivers: ['otlp'], exporters: ['otlp_http'] } } },
      }
      await writeFile(file, JSON.stringify(configuration))
      return spawn(process.execPath, ['src/main.ts', '--config', file], { stdio: 'ignore' })
    },
  },
  {
    name: 'Collector',
    async start(folder, port, sink) {
      const file = join(folder, 'collector.yaml')
      const configuration = {
        receivers: { otlp: { protocols: { http: { endpoint: `127.0.0.1:${port}` } } } },
        exporters: { otlp_http: { endpoint: `http://127.0.0.1:${sink}` } },
        service: {
          telemetry: { metrics: { level: 'none' } },
          pipelines: { metrics: { receivers: ['otlp'], exporters: ['otlp_http'] } },
        },
      }
      await writeFile(file, JSON.stringify(configuration))
      return spawn(peerBinary('otelcol', '0.165.0'), ['--config', file], { stdio: 'ignore' })
    },
  },
]

interface Figures {
  readonly cpuPerMillion: number
  readonly perSecond: number
  readonly residentMegabytes: number
}

async function measure(agent: Agent, bodies: readonly Buffer<ArrayBuffer>[]): Promise<Figures> {
  await using folder = await temporaryFolder()
  const sink = fork(new URL('null-receiver.ts', import.meta.url))
  const [sinkPort] = (await once(sink, 'message')) as [number]
  const [port = 0] = await freePorts(1)
  const child = await agent.start(folder.path, port, sinkPort)
  try {
    const pid = child.pid ?? 0
    const url = `http://127.0.0.1:${port}/v1/metrics`
    // Until it listens, and until all that is made once per series is made.
    await send(url, bodies, bodies.length * 2)
    await sleep(1000)
    const before = await readUsage(pid)
    const start = performance.now()
    await send(url, bodies, requests)
    const seconds = (performance.now() - start) / 1000
    // What it has taken may still be on its way out.
    await sleep(1000)
    const after = await readUsage(pid)
    const points = requests * pointsEach
    return {
      cpuPerMillion: ((after.cpu - before.cpu) / points) * 1e6,
      perSecond: points / seconds,
      residentMegabytes: after.rss,
    }
  } finally {
    child.kill('SIGKILL')
    sink.disconnect()
  }
}

for (const shape of shapes) {
  const bodies = Array.from({ length: sources * 4 }, (_, index) =>
    requestOf(shape, index % sources, Math.floor(index / sources)),
  )
  const figures = new Map<string, Figures>()
  for (const agent of agents) figures.set(agent.name, await measure(agent, bodies))
  const rows = Object.fromEntries(
    Array.from(figures, ([name, { cpuPerMillion, perSecond, residentMegabytes }]) => [
      name,
      {
        'CPU s per million': cpuPerMillion.toFixed(2),
        'points per second': Math.round(perSecond),
        'memory, MB': Math.round(residentMegabytes),
      },
    ]),
  )
  console.log(shape)
  console.table(rows)
  const [ours, theirs] = agents.map(({ name }) => figures.get(name)?.cpuPerMillion ?? NaN)
  console.log(`CPU of Weir to the Collector's: ${((ours ?? NaN) / (theirs ?? NaN)).toFixed(2)}`)
}
