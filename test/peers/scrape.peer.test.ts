import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { FakeTarget } from '#src/testing/fake-target.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { WeirProcess } from '../weir-process.ts'
import { peerBinary } from './peer-binary.ts'
import {
  prometheus,
  RemoteWritePeer,
  victoriaMetrics,
  type HeldSeries,
  type PeerKind,
} from './remote-write-peer.ts'

const prometheus3 = prometheus(peerBinary('prometheus', '3.16.0'))
const prometheus2 = prometheus('prometheus')
const victoria = victoriaMetrics(peerBinary('victoria-metrics', '1.151.0'))

/** Bodies that all of the peers read alike: bounds have a point, since Prometheus 2 takes them as they are. */
const bodies: Readonly<
  Record<string, { readonly body: string; readonly type?: string; readonly gzip?: boolean }>
> = {
  plain: {
    body: `# HELP requests_total Requests.
# TYPE requests_total counter
requests_total{code="200",method="GET"} 1027
requests_total{code="500",method="GET",} 3
# TYPE temperature gauge
temperature{place="a \\"b\\" \\\\ c\\nd é€😀"} -1.5e-3
temperature{place=""} 2
spaced{ a = "1" , b="2" }   3
no_type 4
`,
  },
  shapes: {
    body: `# TYPE latency_seconds histogram
latency_seconds_bucket{le="0.1"} 1
latency_seconds_bucket{le="2.5"} 2
latency_seconds_bucket{le="+Inf"} 3
latency_seconds_sum 5.5
latency_seconds_count 3
# TYPE size_bytes summary
size_bytes{quantile="0.5"} 1
size_bytes{quantile="0.99"} 2
size_bytes_sum 3
size_bytes_count 4
infinite +Inf
`,
    gzip: true,
  },
  clashing: { body: 'clash{job="theirs",instance="own",zone="there"} 1\nclash{job="theirs"} 2\n' },
  dropping: { body: 'kept_total 1\ndropped_total 2\nrenamed_total{code="7"} 3\n' },
  open_metrics: {
    body: `# TYPE jobs counter
# HELP jobs Jobs.
jobs_total{queue="a"} 5 # {trace_id="abc"} 0.5
# TYPE build info
build_info{version="1"} 1
# EOF
`,
    type: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
  },
  malformed: { body: 'fine 1\nthis is no sample\n' },
  too_many: { body: 'many{n="1"} 1\nmany{n="2"} 1\nmany{n="3"} 1\nmany{n="4"} 1\n' },
}

const targets = new Map<string, FakeTarget>()
const closing: (() => Promise<unknown>)[] = []

function address(name: string): string {
  return targets.get(name)?.address ?? ''
}

/** A configuration of Prometheus for the targets, with what only some of the peers take. */
function scrapeConfigs(more: { readonly fallback: boolean }): string {
  const fallback = more.fallback ? '    fallback_scrape_protocol: PrometheusText0.0.4\n' : ''
  return `scrape_configs:
  - job_name: usual
    scrape_interval: 1s
    scrape_timeout: 1s
${fallback}    static_configs:
      - targets: ['${address('plain')}', '${address('shapes')}']
        labels: { zone: z, __meta_team: core }
      - targets: ['${address('open_metrics')}', '${address('malformed')}', '127.0.0.1:1', 'nowhere:9']
    relabel_configs:
      - { source_labels: [__meta_team], target_label: team }
      - { action: drop, source_labels: [__address__], regex: nowhere.* }
  - job_name: clashing
    scrape_interval: 1s
    scrape_timeout: 1s
    static_configs: [{ targets: ['${address('clashing')}'], labels: { zone: z } }]
  - job_name: honoring
    scrape_interval: 1s
    scrape_timeout: 1s
    honor_labels: true
    static_configs: [{ targets: ['${address('clashing')}'], labels: { zone: z } }]
  - job_name: limited
    scrape_interval: 1s
    scrape_timeout: 1s
    sample_limit: 3
    static_configs: [{ targets: ['${address('too_many')}', '${address('clashing')}'] }]
  - job_name: relabeling
    scrape_interval: 1s
    scrape_timeout: 1s
    static_configs: [{ targets: ['${address('dropping')}'] }]
    metric_relabel_configs:
      - { action: drop, source_labels: [__name__], regex: dropped_.* }
      - { source_labels: [__name__, code], regex: 'renamed_(.*);(.*)', target_label: __name__, replacement: 'new_\${1}' }
      - { action: labeldrop, regex: code }
`
}

function indented(text: string): string {
  return text.replaceAll(/^(?=.)/gm, '      ')
}

/** Weir scraping, and sending what it scraped to a peer. */
async function scrapeWithWeir(peer: RemoteWritePeer, config: string): Promise<WeirProcess> {
  const folder = await temporaryFolder()
  const file = join(folder.path, 'weir.yaml')
  await writeFile(
    file,
    `receivers:
  prometheus:
    config:
${indented(config)}
exporters:
  prometheus_remote_write: { endpoint: '${peer.writeUrl}' }
extensions: { health_check: { endpoint: '127.0.0.1:0' } }
service:
  extensions: [health_check]
  telemetry: { logs: { level: warn, encoding: json }, metrics: { level: none } }
  pipelines: { metrics: { receivers: [prometheus], exporters: [prometheus_remote_write] } }
`,
  )
  const weir = new WeirProcess(['--config', file])
  closing.push(async () => {
    await weir.end('SIGTERM')
    await folder[Symbol.asyncDispose]()
  })
  return weir
}

async function startPeer(kind: PeerKind, configuration?: string): Promise<RemoteWritePeer> {
  const peer = await RemoteWritePeer.start(kind, configuration)
  closing.push(async () => await peer[Symbol.asyncDispose]())
  return peer
}

async function scrapeWithVmagent(peer: RemoteWritePeer, config: string): Promise<void> {
  const folder = await temporaryFolder()
  await writeFile(join(folder.path, 'scrape.yml'), config)
  const vmagent: ChildProcess = spawn(
    peerBinary('vmagent', '1.151.0'),
    [
      `-promscrape.config=${join(folder.path, 'scrape.yml')}`,
      `-remoteWrite.url=${peer.writeUrl}`,
      `-remoteWrite.tmpDataPath=${join(folder.path, 'queue')}`,
      '-remoteWrite.flushInterval=200ms',
      // In order: a Prometheus refuses samples behind newer ones.
      '-remoteWrite.queues=1',
      '-httpListenAddr=127.0.0.1:0',
    ],
    { stdio: 'ignore' },
  )
  closing.push(async () => {
    const exited = once(vmagent, 'exit')
    vmagent.kill('SIGKILL')
    await exited
    await folder[Symbol.asyncDispose]()
  })
}

/** Whether a series is left out of a comparison. */
type Without = (name: string, instance: string | undefined) => boolean

/** Series that were scraped, each with its last value. */
async function scrapedBy(peer: RemoteWritePeer, without: Without): Promise<Map<string, number | undefined>> {
  const held: HeldSeries = await peer.held()
  const series = new Map<string, number | undefined>()
  for (const [key, samples] of held) {
    const labels = new Map(JSON.parse(key) as [string, string][])
    const name = labels.get('__name__') ?? ''
    if (without(name, labels.get('instance'))) continue
    // How long a scrape took differs, and so does what the first one found new.
    const value = /^scrape_(?:duration_seconds|series_added)$/.test(name)
      ? undefined
      : [...samples.values()].at(-1)
    series.set(key, value === undefined ? undefined : Number(value.replace('+Inf', 'Infinity')))
  }
  return series
}

beforeAll(async () => {
  for (const [name, { body, type = 'text/plain; version=0.0.4', gzip = false }] of Object.entries(bodies)) {
    const target = await FakeTarget.start()
    target.handler = (request, response) => {
      const compresses = gzip && String(request.headers['accept-encoding']).includes('gzip')
      response.writeHead(200, {
        'content-type': type,
        ...(compresses ? { 'content-encoding': 'gzip' } : {}),
      })
      response.end(compresses ? gzipSync(body) : body)
    }
    targets.set(name, target)
  }
}, 60_000)

afterAll(async () => {
  for (const close of closing.toReversed()) await close()
  await Promise.all([...targets.values()].map(async (target) => await target.close()))
}, 60_000)

describe('the same targets, scraped by Weir and by', () => {
  let ours: RemoteWritePeer
  let weir: WeirProcess

  beforeAll(async () => {
    ours = await startPeer(prometheus3)
    weir = await scrapeWithWeir(ours, scrapeConfigs({ fallback: true }))
  }, 60_000)

  /** What they and we hold after a few cycles. */
  async function compared(theirs: RemoteWritePeer, without: Without = () => false) {
    await sleep(6000)
    const [expected, got] = await Promise.all([scrapedBy(theirs, without), scrapedBy(ours, without)])
    return { expected, got }
  }

  test('Prometheus 3 are the same series with the same values', async () => {
    const { expected, got } = await compared(await startPeer(prometheus3, scrapeConfigs({ fallback: true })))
    expect(got).toEqual(expected)
    expect(expected.size).toBe(76)
  })

  test('Prometheus 2 are the same series with the same values', async () => {
    const { expected, got } = await compared(await startPeer(prometheus2, scrapeConfigs({ fallback: false })))
    expect(got).toEqual(expected)
  })

  test('vmagent are the same series with the same values, but for those that it adds and lines that it skips', async () => {
    const storage = await startPeer(victoria)
    await scrapeWithVmagent(storage, scrapeConfigs({ fallback: false }))
    const adds = /^scrape_(?:timeout_seconds|response_size_bytes|samples_limit)$/
    const skips = targets.get('malformed')?.address
    const without: Without = (name, instance) => adds.test(name) || instance === skips
    const { expected, got } = await compared(storage, without)
    expect(got).toEqual(expected)
  })

  test('no peer had trouble with what Weir sent', async () => {
    expect(await ours.troubles()).toEqual([])
    expect(weir.log.filter(({ level }) => level === 'error')).toEqual([])
  })
})

async function found(peer: RemoteWritePeer, query: string): Promise<number> {
  return (await peer.query(query, Date.now())).length
}

describe('in a real Prometheus', () => {
  test('the series of a target that stops are gone from an instant query within an interval', async () => {
    const intervalMs = 2000
    const target = await FakeTarget.start('stopping{n="1"} 1\nstopping{n="2"} 1\n')
    const peer = await startPeer(prometheus3)
    await scrapeWithWeir(
      peer,
      `scrape_configs: [{ job_name: j, scrape_interval: 2s, static_configs: [{ targets: ['${target.address}'] }] }]\n`,
    )
    await expect.poll(async () => await found(peer, 'stopping'), { timeout: 20_000, interval: 50 }).toBe(2)
    await target.close()
    const stopped = Date.now()
    await expect.poll(async () => await found(peer, 'stopping'), { timeout: 10_000, interval: 50 }).toBe(0)
    // One interval, and what it takes to send and to ask.
    expect(Date.now() - stopped).toBeLessThan(intervalMs + 1500)
    expect(await found(peer, 'up == 0')).toBe(1)
    expect(await peer.troubles()).toEqual([])
  })

  test('the series of a target that discovery no longer finds are gone after two intervals, also up', async () => {
    await using folder = await temporaryFolder()
    await using target = await FakeTarget.start('leaving 1\n')
    const file = join(folder.path, 'targets.json')
    await writeFile(file, JSON.stringify([{ targets: [target.address] }]))
    const peer = await startPeer(prometheus3)
    await scrapeWithWeir(
      peer,
      `scrape_configs: [{ job_name: j, scrape_interval: 1s, file_sd_configs: [{ files: ['${file}'] }] }]\n`,
    )
    await expect.poll(async () => await found(peer, '{job="j"}'), { timeout: 20_000, interval: 50 }).toBe(6)
    await sleep(5000)
    await writeFile(file, '[]')
    await expect.poll(async () => await found(peer, '{job="j"}'), { timeout: 15_000, interval: 50 }).toBe(0)
    expect(await peer.troubles()).toEqual([])
  })
})
