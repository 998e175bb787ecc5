import { spawn, type ChildProcess } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { systemClock } from '#src/component/clock.ts'
import type { Series } from '#src/model/series.ts'
import { testContext } from '#src/testing/context.ts'
import type { HostMetricsConfig } from '../../receivers/hostmetrics/config.ts'
import definition from '../../receivers/hostmetrics/index.ts'
import { freePort } from './mount-namespace.ts'

/** node_exporter's collectors for our six scrapers: that of networks is two of them. */
const collectors = ['cpu', 'meminfo', 'filesystem', 'netdev', 'netclass', 'loadavg', 'diskstats']

/**
 * Where the peer is told to do as node_exporter does by itself: Debian's package leaves out the interface lo and other
 * mount points, and 1.5.0 does not yet leave out zram, as later versions do.
 */
const options = [
  '--collector.netdev.device-exclude=^$',
  '--collector.filesystem.mount-points-exclude=^/(dev|proc|run/credentials/.+|sys|var/lib/docker/.+|var/lib/containers/storage/.+)($|/)',
  '--collector.diskstats.device-exclude=^(z?ram|loop|fd|(h|s|v|xv)d[a-z]|nvme\\d+n\\d+p)\\d+$',
]

/** What only one of the two has, and why. */
const exceptions: Readonly<Record<string, string>> = {
  node_exporter_build_info: 'tells about node_exporter itself',
  promhttp_metric_handler_errors_total: 'tells about its server, which has no switch for it',
}

/** Gauges that move from one moment to the next, and by how much of their value they may differ. */
const moving: readonly (readonly [names: RegExp, share: number, absolute: number])[] = [
  [/^node_memory_/, 0.1, 256 * 1024 * 1024],
  [/^node_load/, 0.1, 0.5],
  [/^node_disk_io_now$/, 0, 64],
  [/^node_filesystem_(free|avail)_bytes$/, 0.02, 256 * 1024 * 1024],
  [/^node_filesystem_files_free$/, 0.02, 10_000],
]

interface Sample {
  readonly name: string
  readonly type: string
  readonly help: string
  readonly value: number
}

/** Samples by name and labels. */
type Exposition = ReadonlyMap<string, Sample>

let peer: ChildProcess
let url: string

beforeAll(async () => {
  const port = await freePort()
  url = `http://127.0.0.1:${port}/metrics`
  peer = spawn(
    'prometheus-node-exporter',
    [
      `--web.listen-address=127.0.0.1:${port}`,
      '--web.disable-exporter-metrics',
      '--collector.disable-defaults',
      '--log.level=error',
      ...collectors.map((collector) => `--collector.${collector}`),
      ...options,
    ],
    { stdio: 'ignore' },
  )
  for (let attempt = 0; attempt < 100; attempt++) {
    const served = await fetch(url).then(
      ({ ok }) => ok,
      () => false,
    )
    if (served) return
    await sleep(100)
  }
  throw new Error('node_exporter does not answer')
})

afterAll(() => {
  peer.kill()
})

/** What node_exporter serves now. */
async function peerExposition(): Promise<Exposition> {
  const text = await fetch(url).then(async (response) => await response.text())
  const types = new Map<string, string>()
  const helps = new Map<string, string>()
  const exposition = new Map<string, Sample>()
  for (const line of text.split('\n')) {
    const [, keyword, family = '', text = ''] = /^# (TYPE|HELP) (\S+) (.*)/.exec(line) ?? []
    if (keyword !== undefined) (keyword === 'TYPE' ? types : helps).set(family, text)
    const [, name, labels = '', value] = /^([a-z]\w*)(?:\{(.*)\})? (\S+)$/i.exec(line) ?? []
    if (name === undefined) continue
    const sorted = labels.match(/\w+="(?:[^"\\]|\\.)*"/g)?.toSorted() ?? []
    const key = `${name}{${sorted.join(',')}}`
    const help = helps.get(name) ?? ''
    exposition.set(key, { name, type: types.get(name) ?? 'none', help, value: Number(value) })
  }
  return exposition
}

/** What our receiver measures in one cycle. */
async function ownExposition(): Promise<Exposition> {
  const context = { ...testContext('hostmetrics'), clock: systemClock }
  const config: HostMetricsConfig = {
    collection_interval: 60_000,
    initial_delay: 0,
    timeout: 0,
    root_path: '',
    metadata_collection_interval: 0,
    naming: 'prometheus',
    node_name: '',
    scrapers: {
      cpu: { metrics: {} },
      memory: { metrics: {} },
      load: { cpu_average: false, metrics: {} },
      disk: { metrics: {} },
      filesystem: { include_virtual_filesystems: false, metrics: {} },
      network: { metrics: {} },
    },
  }
  const receiver = definition.create(config, context)
  await receiver.start()
  while (new Set(context.next.batches.map(({ layout }) => layout.source)).size < 6) await sleep(10)
  await receiver.stop()
  const exposition = new Map<string, Sample>()
  for (const batch of context.next.batches) {
    for (const slot of batch.walk) {
      const series = batch.layout.series[slot]
      if (series === undefined) continue
      const { kind, monotonic, description: help } = series.metric.descriptor
      const type = kind === 'sum' && monotonic ? 'counter' : kind
      exposition.set(keyOf(series), {
        name: series.name,
        type,
        help,
        value: batch.values[slot] ?? Number.NaN,
      })
    }
  }
  return exposition
}

function keyOf(series: Series): string {
  const labels = [...series.attributes].map(([name, value]) => `${name}=${JSON.stringify(value)}`)
  return `${series.name}{${labels.toSorted().join(',')}}`
}

/** Name, labels, type and help of each series, exceptions aside. */
function seriesOf(exposition: Exposition): string[] {
  return [...exposition]
    .filter(([, { name }]) => exceptions[name] === undefined)
    .map(([key, { type, help }]) => `${key} ${type} ${help}`)
    .toSorted()
}

/** Whether a value may have been measured between two of the peer's. */
function agrees(name: string, type: string, value: number, before: number, after: number): boolean {
  const low = Math.min(before, after)
  const high = Math.max(before, after)
  const [, share = 0, absolute = 0] = moving.find(([names]) => names.test(name)) ?? []
  // Both divide and round milliseconds and ticks, in different ways.
  const rounding = Math.abs(high) * 1e-9
  const slack = type === 'counter' ? rounding : Math.max(rounding, share * high, absolute)
  return value >= low - slack && value <= high + slack
}

test('the series are those of node_exporter, and the values agree within what time moves', async () => {
  const before = await peerExposition()
  const own = await ownExposition()
  const after = await peerExposition()
  expect(seriesOf(own)).toEqual(seriesOf(after))
  expect(own.size).toBeGreaterThan(100)
  const differing: string[] = []
  for (const [key, { name, type, value }] of own) {
    if (name === 'node_scrape_collector_duration_seconds') continue
    const earlier = before.get(key)?.value ?? Number.NaN
    const later = after.get(key)?.value ?? Number.NaN
    if (!agrees(name, type, value, earlier, later))
      differing.push(`${key}: ${value}, not ${earlier} to ${later}`)
  }
  expect(differing).toEqual([])
})
