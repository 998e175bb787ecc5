/**
 * The receiver of the state of a cluster beside kube-state-metrics: pods by the thousand are written once to a real API server,
 * then each of both is started alone, read until it shows all of them, read once per interval while nothing happens, and while pods
 * change. Weir is bundled first and runs from there, as in a pod (root is needed); `--source` runs the source instead.
 *
 *     npm run bench:kubernetes-state -- [--pods 10000,50000] [--interval 15] [--cycles 4] [--changes 100] [--source]
 */
import { execFileSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { pods } from '../peers/kubernetes/generated/pods.ts'
import { KubernetesCluster } from '../peers/kubernetes/kubernetes-cluster.ts'
import { GeneratedObjects } from '../peers/kubernetes/state-generator.ts'
import { StateMetrics, type StateMetricsOptions } from '../peers/kubernetes/state-metrics.ts'
import { readUsage, type Usage } from './process-usage.ts'

const { values } = parseArgs({
  options: {
    pods: { type: 'string', default: '10000,50000' },
    interval: { type: 'string', default: '15' },
    cycles: { type: 'string', default: '4' },
    changes: { type: 'string', default: '100' },
    source: { type: 'boolean', default: false },
  },
})
const [intervalSeconds, cycles, changesPerSecond] = [values.interval, values.cycles, values.changes].map(
  Number,
) as [number, number, number]
const counts = values.pods.split(',').map(Number)
if (![intervalSeconds, cycles, changesPerSecond, ...counts].every((number) => number > 0))
  throw new Error('--pods, --interval, --cycles and --changes are numbers above 0')

/** What a page has: all series, and pods by the metric that each of them has once. */
interface PageSize {
  readonly series: number
  readonly pods: number
}

/** Reads a page without keeping it: it may be larger than a string can be. */
async function readPage(url: string): Promise<PageSize> {
  const size = { series: 0, pods: 0 }
  const response = await fetch(url).catch(() => undefined)
  if (response?.body == null) return size
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of response.body) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      if (line.startsWith('#')) continue
      size.series++
      if (line.startsWith('kube_pod_info{')) size.pods++
    }
  }
  return size
}

/** Waits until a process has had nothing to do for a second. */
async function untilQuiet(pid: number): Promise<void> {
  for (let before = await readUsage(pid); ;) {
    await sleep(1000)
    const usage = await readUsage(pid)
    if (usage.cpu - before.cpu < 0.05) return
    before = usage
  }
}

/** One exporter's figures, by what they are of. */
type Figures = Map<string, string>

async function measure(running: StateMetrics, objects: GeneratedObjects): Promise<Figures> {
  const { pid = 0 } = running.child
  const started = performance.now()
  const figures: Figures = new Map()
  let page: PageSize
  do {
    await untilQuiet(pid)
    page = await readPage(running.url)
    if (performance.now() - started > 600_000) throw new Error(`${running.url} does not show all pods`)
  } while (page.pods < objects.size)
  const synced = await readUsage(pid)
  figures.set('series', String(page.series))
  figures.set('seconds to the first whole page', ((performance.now() - started) / 1000).toFixed(1))
  figures.set('CPU seconds until then', synced.cpu.toFixed(1))

  const atRest = await duringCycles(running, async () => await sleep(intervalSeconds * 1000))
  figures.set('CPU ms a cycle, nothing changes', ((atRest.cpu * 1000) / cycles).toFixed(0))
  figures.set('resident MB then', atRest.rss.toFixed(0))

  const changing = await duringCycles(running, async () => {
    for (let second = 0; second < intervalSeconds; second++)
      await Promise.all([objects.change(changesPerSecond), sleep(1000)])
  })
  figures.set(
    `CPU ms a cycle, ${changesPerSecond} pods a second change`,
    ((changing.cpu * 1000) / cycles).toFixed(0),
  )
  figures.set('resident MB after that', changing.rss.toFixed(0))
  figures.set('resident MB at most', changing.peak.toFixed(0))
  return figures
}

/** What a process uses while it is read at the end of each cycle: CPU of all of them. */
async function duringCycles({ child, url }: StateMetrics, cycle: () => Promise<void>): Promise<Usage> {
  const before = await readUsage(child.pid ?? 0)
  for (let count = 0; count < cycles; count++) {
    await cycle()
    await readPage(url)
  }
  const after = await readUsage(child.pid ?? 0)
  return { ...after, cpu: after.cpu - before.cpu }
}

async function bench(count: number, program: string): Promise<void> {
  await using cluster = await KubernetesCluster.start()
  const objects = new GeneratedObjects(cluster, { seed: 6, each: count, kinds: [pods] })
  await objects.fill()
  const options: StateMetricsOptions = {
    resources: ['pods'],
    keys: [],
    program,
    interval: `${intervalSeconds}s`,
    asPod: true,
  }
  const columns: Figures[] = []
  for (const side of ['theirs', 'ours'] as const) {
    await using running = await StateMetrics[side](cluster, options)
    columns.push(await measure(running, objects))
  }
  console.log(
    `${count} pods, cycles of ${intervalSeconds} s`.padEnd(52) +
      'kube-state-metrics'.padStart(20) +
      'Weir'.padStart(12),
  )
  const [theirs, ours] = columns
  for (const [name, figure] of theirs ?? [])
    console.log(name.padEnd(52) + figure.padStart(20) + (ours?.get(name) ?? '').padStart(12))
}

const folder = await mkdtemp(join(tmpdir(), 'weir-kubernetes-state-'))
try {
  const bundle = join(folder, 'dist')
  if (!values.source) execFileSync(process.execPath, ['scripts/build.ts', bundle], { stdio: 'ignore' })
  for (const count of counts) await bench(count, values.source ? 'src/main.ts' : join(bundle, 'weir.js'))
} finally {
  await rm(folder, { recursive: true })
}
