import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { FakeTarget } from '#src/testing/fake-target.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { WeirProcess } from '../weir-process.ts'
import { peerBinary } from './peer-binary.ts'
import { keyOf, prometheus, RemoteWritePeer } from './remote-write-peer.ts'

const kind = prometheus(peerBinary('prometheus', '3.16.0'), ['--enable-feature=native-histograms'])

const body = `# TYPE latency_seconds histogram
latency_seconds_bucket{path="/a",le="0.1"} 1
latency_seconds_bucket{path="/a",le="2.5"} 4
latency_seconds_bucket{path="/a",le="+Inf"} 9
latency_seconds_sum{path="/a"} 50.5
latency_seconds_count{path="/a"} 9
latency_seconds_bucket{path="/b",le="1"} 0
latency_seconds_bucket{path="/b",le="+Inf"} 3
latency_seconds_sum{path="/b"} 7
latency_seconds_count{path="/b"} 3
# TYPE other_total counter
other_total 5
`

interface Sample {
  readonly metric: Readonly<Record<string, string>>
  readonly value?: readonly [number, string]
  readonly histogram?: readonly [number, object]
}

/** What there is of the target now: series with their values, histograms with their buckets, and how many samples a scrape has. */
async function stored(peer: RemoteWritePeer): Promise<string[]> {
  const query = '{__name__=~"latency.*|other.*|scrape_samples.*"}'
  const samples = await peer.query<Sample>(query, Date.now())
  return samples
    .map(({ metric, value, histogram }) => JSON.stringify([keyOf(metric), value?.[1], histogram?.[1]]))
    .toSorted()
}

test.each([false, true])(
  'Prometheus holds the same custom buckets by remote write as when it scrapes (classic ones too: %s)',
  async (classic) => {
    const target = await FakeTarget.start(body)
    await using folder = await temporaryFolder()
    const config = `global: { scrape_interval: 1s }
scrape_configs:
  - job_name: j
    convert_classic_histograms_to_nhcb: true
    always_scrape_classic_histograms: ${classic}
    static_configs: [{ targets: ['${target.address}'] }]
`
    await using theirs = await RemoteWritePeer.start(kind, config)
    await using ours = await RemoteWritePeer.start(kind)
    const file = join(folder.path, 'weir.yaml')
    await writeFile(
      file,
      `receivers:
  prometheus:
    config:
${config.replaceAll(/^(?=.)/gm, '      ')}
exporters:
  prometheus_remote_write: { endpoint: '${ours.writeUrl}' }
service:
  telemetry: { metrics: { level: none } }
  pipelines: { metrics: { receivers: [prometheus], exporters: [prometheus_remote_write] } }
`,
    )
    const weir = new WeirProcess(['--config', file])
    try {
      await expect.poll(async () => (await stored(theirs)).length, { timeout: 20_000 }).toBeGreaterThan(4)
      await expect.poll(async () => await stored(ours), { timeout: 20_000 }).toEqual(await stored(theirs))
      const held = await stored(ours)
      expect(held.filter((line) => line.includes('"buckets"'))).toHaveLength(2)
    } finally {
      await weir.end('SIGTERM')
      await target.close()
    }
  },
  60_000,
)
