import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { FakeTarget } from '#src/testing/fake-target.ts'
import { readExposition } from '#src/testing/prometheus-text.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { WeirProcess } from '../weir-process.ts'
import { freePort } from './mount-namespace.ts'
import { peerBinary } from './peer-binary.ts'
import { keyOf, prometheus, RemoteWritePeer } from './remote-write-peer.ts'

const store = prometheus(peerBinary('prometheus', '3.16.0'), [
  '--enable-feature=exemplar-storage',
  '--web.remote-write-receiver.accepted-protobuf-messages=prometheus.WriteRequest',
  '--web.remote-write-receiver.accepted-protobuf-messages=io.prometheus.write.v2.Request',
])

/** What is scraped: series of every classic type, and one that is there every other time. */
function exposition(scrape: number): string {
  const churning = scrape % 2 === 0 ? `churning{scrape="${scrape % 4}"} ${scrape}\n` : ''
  const wide = Array.from(
    { length: 800 },
    (_, n) => `wide_${n % 7}{n="${n}",text="é\\"\\\\\\n${n % 9}"} ${n + scrape}\n`,
  )
  return `# HELP requests Requests.
# TYPE requests counter
# UNIT requests
requests_total{code="200"} ${1000 + scrape} # {trace_id="t${scrape}"} ${scrape}
# TYPE latency_seconds histogram
# HELP latency_seconds How long it took.
latency_seconds_bucket{le="0.1"} ${scrape} # {trace_id="b${scrape}"} 0.05
latency_seconds_bucket{le="+Inf"} ${scrape + 3}
latency_seconds_sum ${scrape * 1.5}
latency_seconds_count ${scrape + 3}
# TYPE size_bytes summary
size_bytes{quantile="0.5"} NaN
size_bytes{quantile="0.99"} ${scrape}
size_bytes_sum 3
size_bytes_count ${scrape}
# TYPE target info
target_info{version="1.${scrape > 5 ? 1 : 0}"} 1
# TYPE free unknown
free -Inf
# TYPE churning gauge
${churning}${groups(wide)}# EOF
`.replace('# UNIT requests\n', '')
}

/** Lines of one family together. */
function groups(lines: readonly string[]): string {
  return lines.toSorted().join('')
}

/** A sender that runs; it sends what it has left when it is ended. */
interface Sender {
  end(): Promise<void>
}

type StartSender = (folder: string, target: string, urls: readonly string[]) => Promise<Sender>

function spawned(command: string, args: readonly string[]): Sender {
  const child = spawn(command, args, { stdio: 'ignore' })
  const exited = once(child, 'exit')
  return {
    async end() {
      child.kill('SIGTERM')
      await exited
    },
  }
}

function prometheusAgent(message: string): StartSender {
  return async (folder, target, urls) => {
    const port = await freePort()
    const writes = urls.map(
      (url) => `  - url: ${url}
    protobuf_message: ${message}
    send_exemplars: true
    send_native_histograms: true
    queue_config: { batch_send_deadline: 200ms, max_samples_per_send: 500 }
    metadata_config: { send: true, send_interval: 1s }`,
    )
    await writeFile(
      join(folder, 'agent.yml'),
      `global: { scrape_interval: 1s, scrape_timeout: 1s, scrape_native_histograms: true }
scrape_configs:
  - job_name: target
    static_configs: [{ targets: ['${target}'] }]
  - job_name: itself
    always_scrape_classic_histograms: true
    static_configs: [{ targets: ['127.0.0.1:${port}'] }]
    # A queue does not send what is older than its own start. Counters of queues are created while they start, so that the
    # zero of that time is sent by one, and not by the other that starts a millisecond later.
    metric_relabel_configs:
      - { source_labels: [__name__], regex: 'prometheus_(wal_watcher|remote_storage)_.*', action: drop }
remote_write:
${writes.join('\n')}
`,
    )
    return spawned(peerBinary('prometheus', '3.16.0'), [
      '--agent',
      `--config.file=${join(folder, 'agent.yml')}`,
      `--storage.agent.path=${join(folder, 'agent')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--enable-feature=exemplar-storage,metadata-wal-records,created-timestamp-zero-ingestion',
    ])
  }
}

const vmagent: StartSender = async (folder, target, urls) => {
  await writeFile(
    join(folder, 'vmagent.yml'),
    `global: { scrape_interval: 1s, scrape_timeout: 1s }
scrape_configs: [{ job_name: target, static_configs: [{ targets: ['${target}'] }] }]
`,
  )
  return spawned(peerBinary('vmagent', '1.151.0'), [
    `-promscrape.config=${join(folder, 'vmagent.yml')}`,
    ...urls.map((url) => `-remoteWrite.url=${url}`),
    `-remoteWrite.tmpDataPath=${join(folder, 'queue')}`,
    '-remoteWrite.flushInterval=200ms',
    // Several send samples of a series side by side, and a Prometheus refuses those that come behind newer ones.
    '-remoteWrite.queues=1',
    '-httpListenAddr=127.0.0.1:0',
  ])
}

function weirItself(options: string): StartSender {
  return async (folder, target, urls) => {
    const names = urls.map((_, index) => `prometheus_remote_write/${index}`)
    await writeFile(
      join(folder, 'sender.yaml'),
      `receivers:
  prometheus:
    config:
      scrape_configs: [{ job_name: target, scrape_interval: 1s, scrape_timeout: 1s, static_configs: [{ targets: ['${target}'] }] }]
exporters:
${urls.map((url, index) => `  ${names[index] ?? ''}: { endpoint: '${url}', ${options} }`).join('\n')}
extensions: { health_check: { endpoint: '127.0.0.1:0' } }
service:
  extensions: [health_check]
  telemetry: { metrics: { level: none } }
  pipelines: { metrics: { receivers: [prometheus], exporters: [${names.join(', ')}] } }
`,
    )
    const weir = new WeirProcess(['--config', join(folder, 'sender.yaml')])
    return {
      async end() {
        await weir.end('SIGTERM')
      },
    }
  }
}

/** Weir as a receiver, that sends on what it gets, shows it, and writes it to a file. */
async function startWeir(
  folder: string,
  url: string,
): Promise<{ weir: WeirProcess; port: number; shown: number }> {
  const port = await freePort()
  const shown = await freePort()
  await writeFile(
    join(folder, 'weir.yaml'),
    `receivers:
  prometheus_remote_write: { endpoint: '127.0.0.1:${port}' }
exporters:
  prometheus_remote_write: { endpoint: '${url}', protobuf_message: io.prometheus.write.v2.Request }
  prometheus: { endpoint: '127.0.0.1:${shown}' }
  json: { path: '${join(folder, 'weir.jsonl')}', format: lines }
extensions: { health_check: { endpoint: '127.0.0.1:0' } }
service:
  extensions: [health_check]
  telemetry: { logs: { level: warn, encoding: json }, metrics: { level: none } }
  pipelines:
    metrics: { receivers: [prometheus_remote_write], exporters: [prometheus_remote_write, prometheus, json] }
`,
  )
  const weir = new WeirProcess(['--config', join(folder, 'weir.yaml')])
  await weir.until('the receiver', async () =>
    (await fetch(`http://127.0.0.1:${port}/`).catch(() => undefined)) === undefined ? undefined : true,
  )
  return { weir, port, shown }
}

/** Everything that a store holds: by labels, times and values, histograms with their buckets. */
async function heldBy(peer: RemoteWritePeer): Promise<Map<string, unknown>> {
  const all = await peer.query<{
    metric: Record<string, string>
    values?: readonly unknown[]
    histograms?: readonly unknown[]
  }>('{__name__!=""}[1h]', Date.now() + 60_000)
  return new Map(
    all.map(({ metric, values = [], histograms = [] }) => [keyOf(metric), { values, histograms }]),
  )
}

/** The first series that differ. */
function differences(expected: ReadonlyMap<string, unknown>, got: ReadonlyMap<string, unknown>): string[] {
  const keys = [...new Set([...expected.keys(), ...got.keys()])]
  return keys
    .filter((key) => JSON.stringify(expected.get(key)) !== JSON.stringify(got.get(key)))
    .slice(0, 5)
    .map((key) => `${key}: ${JSON.stringify(expected.get(key))} became ${JSON.stringify(got.get(key))}`)
}

async function exemplarsOf(peer: RemoteWritePeer): Promise<string[]> {
  const { data } = await peer.get<{
    data: {
      seriesLabels: Record<string, string>
      exemplars: { labels: unknown; value: string; timestamp: number }[]
    }[]
  }>('/api/v1/query_exemplars', {
    query: '{__name__!=""}',
    start: String(Date.now() / 1000 - 3600),
    end: String(Date.now() / 1000 + 3600),
  })
  return data
    .flatMap(({ seriesLabels, exemplars }) =>
      exemplars.map((each) => JSON.stringify([keyOf(seriesLabels), each])),
    )
    .toSorted()
}

/** How many series an instant query shows that come and go. */
async function churningIn(peer: RemoteWritePeer): Promise<number> {
  return (await peer.query('churning', Date.now())).length
}

const senders: readonly {
  readonly name: string
  readonly start: StartSender
  readonly native: boolean
  /** Whether the store that is sent to directly keeps exemplars that come by themselves, as Weir does. */
  readonly exemplars: 'compared' | 'brought' | 'none'
}[] = [
  {
    name: 'a Prometheus agent, by 1.0',
    start: prometheusAgent('prometheus.WriteRequest'),
    native: true,
    exemplars: 'compared',
  },
  {
    name: 'a Prometheus agent, by 2.0',
    start: prometheusAgent('io.prometheus.write.v2.Request'),
    native: true,
    exemplars: 'brought',
  },
  { name: 'vmagent', start: vmagent, native: false, exemplars: 'none' },
  {
    name: 'Weir, by 1.0',
    start: weirItself('protobuf_message: prometheus.WriteRequest'),
    native: false,
    exemplars: 'compared',
  },
  {
    name: 'Weir, by 2.0',
    start: weirItself('protobuf_message: io.prometheus.write.v2.Request'),
    native: false,
    exemplars: 'compared',
  },
]

describe.each(senders)('what $name sends', ({ start, native, exemplars }) => {
  const closing: (() => Promise<unknown>)[] = []
  let direct: RemoteWritePeer
  let through: RemoteWritePeer
  let weir: WeirProcess
  let folder: string
  let shownText = ''

  beforeAll(async () => {
    const temporary = await temporaryFolder()
    folder = temporary.path
    closing.push(async () => await temporary[Symbol.asyncDispose]())
    let scrapes = 0
    const target = await FakeTarget.start()
    target.handler = (_, response) => {
      response.writeHead(200, {
        'content-type': 'application/openmetrics-text; version=1.0.0; charset=utf-8',
      })
      response.end(exposition(scrapes++))
    }
    closing.push(async () => await target.close())
    ;[direct, through] = await Promise.all([RemoteWritePeer.start(store), RemoteWritePeer.start(store)])
    closing.push(
      async () => await Promise.all([direct, through].map(async (peer) => await peer[Symbol.asyncDispose]())),
    )
    const started = await startWeir(folder, through.writeUrl)
    weir = started.weir
    closing.push(async () => await weir[Symbol.asyncDispose]())
    const sender = await start(folder, target.address, [
      direct.writeUrl,
      `http://127.0.0.1:${started.port}/api/v1/write`,
    ])
    await sleep(10_000)
    shownText = await (await fetch(`http://127.0.0.1:${started.shown}/metrics`)).text()
    await sender.end()
  }, 60_000)

  afterAll(async () => {
    for (const close of closing.toReversed()) await close()
  }, 60_000)

  test('arrives behind Weir with the same series, times and values as without it', async () => {
    await expect
      .poll(async () => (await heldBy(through)).size - (await heldBy(direct)).size, { timeout: 20_000 })
      .toBe(0)
    await sleep(2000)
    const [expected, got] = await Promise.all([heldBy(direct), heldBy(through)])
    expect(differences(expected, got)).toEqual([])
    expect(expected.size).toBeGreaterThan(800)
    const histograms = [...expected.values()].filter((each) => JSON.stringify(each).includes('"buckets"'))
    expect(histograms.length > 0).toBe(native)
    expect(await through.troubles()).toEqual([])
    expect(weir.log.filter(({ msg }) => !msg.includes('family of another type'))).toEqual([])
  })

  test('brings its exemplars', async () => {
    const [expected, got] = await Promise.all([exemplarsOf(direct), exemplarsOf(through)])
    // Those of the last scrape may wait for the next sample of their series, which does not come any more.
    const missing = expected.filter((each) => !got.includes(each))
    expect(missing.length).toBeLessThanOrEqual(2)
    expect(got.filter((each) => exemplars === 'compared' && !expected.includes(each))).toEqual([])
    expect(got.length > 2).toBe(exemplars !== 'none')
  })

  test('ends behind Weir where it ends', async () => {
    expect(await churningIn(through)).toBe(await churningIn(direct))
  })

  test('is shown and written by other exporters, as families with their parts', async () => {
    const { samples } = readExposition(shownText)
    const keys = new Set((await heldBy(direct)).keys())
    const shown = samples.map(({ name, labels }) =>
      JSON.stringify(
        [['__name__', name] as [string, string], ...labels].toSorted(([a], [b]) => (a < b ? -1 : 1)),
      ),
    )
    expect(shown.filter((key) => key.includes('job="target"') && !keys.has(key))).toEqual([])
    expect(shown.length).toBeGreaterThan(800)
    const lines = (await readFile(join(folder, 'weir.jsonl'), 'utf8')).trim().split('\n')
    expect(lines.length).toBeGreaterThan(2000)
    for (const line of lines.slice(0, 100)) expect(() => JSON.parse(line) as unknown).not.toThrow()
  })
})
