/**
 * CPU and memory of the receiver of containers beside cAdvisor: both measure the same 500 containers, which are cgroups made
 * by hand on this host (root is needed), and both pages are read, once per interval and in the same window. cAdvisor
 * measures what the kubelet has it measure. Weir is bundled first and runs from there; `--source` runs the source instead.
 *
 *     npm run bench:container -- [--seconds 60] [--interval 10] [--pods 100] [--containers 5] [--source]
 */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { peerBinary } from '../peers/peer-binary.ts'
import { ContainerTree } from './container-tree.ts'
import { freePorts } from './free-port.ts'
import { readUsage } from './process-usage.ts'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    interval: { type: 'string', default: '10' },
    pods: { type: 'string', default: '100' },
    containers: { type: 'string', default: '5' },
    source: { type: 'boolean', default: false },
  },
})
const [seconds, interval, pods, perPod] = [
  values.seconds,
  values.interval,
  values.pods,
  values.containers,
].map(Number)
if (![seconds, interval, pods, perPod].every((number = 0) => number > 0))
  throw new Error('--seconds, --interval, --pods and --containers are numbers above 0')
const [windowSeconds = 0, intervalSeconds = 0, podCount = 0, containersPerPod = 0] = [
  seconds,
  interval,
  pods,
  perPod,
]

interface Measured {
  readonly name: string
  readonly child: ChildProcess
  readonly url: string
}

/** How many samples of containers a page has. */
async function samplesAt(url: string): Promise<number> {
  const page = await fetch(url).then(
    async (response) => await response.text(),
    () => '',
  )
  return page.split('\n').filter((line) => line.startsWith('container_') && line.includes('kubepods')).length
}

/** Until a page shows about all that there is: its first answers may come before the containers are found. */
async function untilServed(url: string): Promise<void> {
  for (let attempt = 0; attempt < 60; attempt++) {
    if ((await samplesAt(url)) > podCount * containersPerPod * 10) return
    await sleep(1000)
  }
  throw new Error(`${url} does not show the containers`)
}

async function startWeir(folder: string, port: number): Promise<Measured> {
  const config = join(folder, 'container.yaml')
  await writeFile(
    config,
    `
receivers: { container: { interval: ${intervalSeconds}s, naming: prometheus } }
exporters: { prometheus: { endpoint: '127.0.0.1:${port}' } }
service:
  telemetry: { logs: { level: warn }, metrics: { level: none } }
  pipelines: { metrics: { receivers: [container], exporters: [prometheus] } }
`,
  )
  const bundle = join(folder, 'dist')
  if (!values.source) execFileSync(process.execPath, ['scripts/build.ts', bundle], { stdio: 'ignore' })
  const program = values.source ? 'src/main.ts' : join(bundle, 'weir.js')
  return {
    name: values.source ? 'Weir, from source' : 'Weir',
    child: spawn(process.execPath, [program, '--config', config], { stdio: 'inherit' }),
    url: `http://127.0.0.1:${port}/metrics`,
  }
}

function startCadvisor(port: number): Measured {
  const options = ['-as-kubelet', '-interval', `${intervalSeconds}s`, '-listen', `127.0.0.1:${port}`]
  return {
    name: 'cAdvisor',
    child: spawn(peerBinary('cadvisor', '0.60.6'), options, { stdio: 'ignore' }),
    url: `http://127.0.0.1:${port}/metrics`,
  }
}

async function measure(running: readonly Measured[]): Promise<void> {
  for (const { url } of running) await untilServed(url)
  await sleep(intervalSeconds * 1000)
  const usages = async (): Promise<{ cpu: number; rss: number }[]> =>
    await Promise.all(running.map(async ({ child }) => await readUsage(child.pid ?? 0)))
  const before = await usages()
  const cycles = Math.max(1, Math.round(windowSeconds / intervalSeconds))
  const samples = running.map(() => 0)
  for (let cycle = 0; cycle < cycles; cycle++) {
    for (const [index, { url }] of running.entries()) samples[index] = await samplesAt(url)
    await sleep(intervalSeconds * 1000)
  }
  const after = await usages()
  console.log(
    `${podCount} pods of ${containersPerPod} containers, ${cycles} cycles of ${intervalSeconds} s: CPU ms per cycle, resident MB, samples`,
  )
  for (const [index, { name }] of running.entries()) {
    const spent = (((after[index]?.cpu ?? 0) - (before[index]?.cpu ?? 0)) * 1000) / cycles
    const columns = [spent.toFixed(0), (after[index]?.rss ?? 0).toFixed(0), String(samples[index])]
    console.log(name.padEnd(20) + columns.map((column) => column.padStart(10)).join(''))
  }
}

const folder = await mkdtemp(join(tmpdir(), 'weir-container-'))
const running: Measured[] = []
const stopped = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => stopped.abort(new Error(signal)))
try {
  await using tree = new ContainerTree()
  tree.make(podCount, containersPerPod)
  const [ours = 0, theirs = 0] = await freePorts(2)
  running.push(startCadvisor(theirs), await startWeir(folder, ours))
  await Promise.race([
    measure(running),
    new Promise((_, reject) => {
      stopped.signal.addEventListener('abort', () => reject(stopped.signal.reason as Error))
    }),
  ])
} finally {
  for (const { child } of running) child.kill()
  await rm(folder, { recursive: true })
}
