import { spawn, type ChildProcess } from 'node:child_process'
import { mkdirSync, readdirSync, rmdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, test, vi } from 'vitest'
import { freePort, until } from '../mount-namespace.ts'
import { peerBinary } from '../peer-binary.ts'

const weir = fileURLToPath(new URL('../../../src/main.ts', import.meta.url))
const uid = '6f0d0b3c-0d3a-4c43-a6b1-0d2f3c1e5a77'
const pod = `/kubepods/burstable/pod${uid}`
const container = `${pod}/${'a'.repeat(64)}`
const root = '/sys/fs/cgroup'

/** The hierarchies of this host: those of version 1 have a folder each. */
const folders = readdirSync(root).includes('cgroup.controllers')
  ? [root]
  : ['cpu', 'cpuacct', 'memory', 'blkio', 'pids', 'cpuset'].map((name) => `${root}/${name}`)

const started: ChildProcess[] = []

function start(command: string, args: readonly string[]): ChildProcess {
  const child = spawn(command, args, { stdio: 'ignore' })
  started.push(child)
  return child
}

afterEach(async () => {
  for (const child of started.splice(0)) {
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGKILL')
    await ended
  }
  // A cgroup can be removed once the kernel is done with its processes.
  for (const folder of folders)
    for (const path of [container, pod, '/kubepods/burstable', '/kubepods'])
      await until(`${path} is gone`, () => Promise.resolve(removed(folder + path)))
})

function removed(folder: string): true | undefined {
  try {
    rmdirSync(folder)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ENOENT' ? true : undefined
  }
}

/** A process that works in a cgroup made by hand, with a CPU quota and a limit of memory. */
function makeContainer(): void {
  for (const folder of folders) {
    mkdirSync(folder + container, { recursive: true })
    // A cgroup of version 1 has no CPUs until it is given some.
    if (!folder.endsWith('cpuset')) continue
    for (const path of ['/kubepods', '/kubepods/burstable', pod, container]) {
      writeFileSync(`${folder}${path}/cpuset.cpus`, '0')
      writeFileSync(`${folder}${path}/cpuset.mems`, '0')
    }
  }
  if (folders.length > 1) {
    writeFileSync(`${root}/cpu${container}/cpu.cfs_quota_us`, '20000')
    writeFileSync(`${root}/memory${container}/memory.limit_in_bytes`, '268435456')
  }
  const { pid = 0 } = start(process.execPath, ['-e', 'for (;;) JSON.parse("[1, 2]")'])
  for (const folder of folders) writeFileSync(`${folder}${container}/cgroup.procs`, String(pid))
}

interface Sample {
  readonly name: string
  readonly labels: ReadonlyMap<string, string>
  readonly value: number
}

/** The samples of the container, its pod and the machine on a page, without labels that are empty. */
async function samplesAt(port: number): Promise<Sample[] | undefined> {
  const page = await fetch(`http://127.0.0.1:${port}/metrics`).then(
    async (response) => await response.text(),
    () => '',
  )
  const samples = page.split('\n').flatMap((line) => {
    const [, name = '', labels = '', value = ''] = /^(\w+)(?:\{(.*)\})? (\S+)/.exec(line) ?? []
    const pairs = Array.from(
      labels.matchAll(/(\w+)="([^"]*)"/g),
      ([, key = '', text = '']) => [key, text] as const,
    )
    return [{ name, labels: new Map(pairs.filter(([, text]) => text !== '')), value: Number(value) }]
  })
  const ours = samples.filter(
    ({ name, labels }) => name.startsWith('machine_') || [pod, container].includes(labels.get('id') ?? ''),
  )
  return ours.some(({ name }) => name === 'container_cpu_cfs_periods_total') ? ours : undefined
}

/** What cAdvisor has and we have not, and why. */
const left: ReadonlyMap<string, string> = new Map([
  ['container_cpu_load_average_10s', 'always 0, unless its load reader is switched on'],
  ['container_cpu_load_d_average_10s', 'the same'],
  ['container_tasks_state', 'the same'],
  ['container_cpu_schedstat_run_seconds_total', 'reads files of each process; off in the kubelet'],
  ['container_cpu_schedstat_runqueue_seconds_total', 'the same'],
  ['container_cpu_schedstat_run_periods_total', 'the same'],
  ['container_sockets', 'asks each open file what it is; off unless switched on'],
  ['container_memory_numa_pages', 'off in the kubelet'],
  ['container_memory_migrate', 'off in the kubelet'],
  ['container_referenced_bytes', 'resets counters of the kernel; off in the kubelet'],
  ['container_health_state', "a word of Docker's that cgroups do not have"],
  ['container_perf_events_total', 'off in the kubelet'],
])

/** What cAdvisor knows of processors, caches and memory beside what the kubelet shows of them. */
const leftOfMachine = /^machine_(cpu_cache_capacity|thread_siblings|node)_/

/** What version 1 does not have, and cAdvisor shows as 0 all the same. */
const zeroInVersion1 = /^container_(memory_(events|file|pgscan|pgsteal|workingset)_|pressure_)/

function key({ name, labels }: Sample): string {
  const pairs = Array.from(labels, ([label, value]) => `${label}=${value}`)
    // Per CPU in version 1: the kubelet has the total alone, and so have we. Our name is the id, as the kubelet's.
    .filter((pair) => !pair.startsWith('cpu=') && !pair.startsWith('name='))
  return `${name} ${pairs.toSorted((one, other) => (one < other ? -1 : 1)).join(' ')}`
}

/** The value of the container's own row. */
function valueOf(samples: readonly Sample[], name: string): number | undefined {
  return samples.find((sample) => sample.name === name && sample.labels.get('id') === container)?.value
}

test('what a real cAdvisor says of a container and its pod, we say too, in the same words', async () => {
  makeContainer()
  const [ours, theirs] = [await freePort(), await freePort()]
  start(peerBinary('cadvisor', '0.60.6'), ['-listen', `127.0.0.1:${theirs}`])
  start(process.execPath, [
    weir,
    '--config',
    `yaml:
receivers: { container: { interval: 1s, initial_delay: 0s, naming: prometheus } }
exporters: { prometheus: { endpoint: '127.0.0.1:${ours}', add_metric_suffixes: false } }
extensions: { health_check: { endpoint: '127.0.0.1:0' } }
service:
  extensions: [health_check]
  telemetry: { metrics: { level: none } }
  pipelines: { metrics: { receivers: [container], exporters: [prometheus] } }
`,
  ])
  const theirSamples = await until('the page of cAdvisor', async () => await samplesAt(theirs))
  const ourSamples = await until('our page', async () => await samplesAt(ours))
  const ourKeys = new Set(ourSamples.map(key))
  const missing = theirSamples.filter(
    (sample) =>
      !ourKeys.has(key(sample)) &&
      !left.has(sample.name) &&
      !leftOfMachine.test(sample.name) &&
      !(sample.value === 0 && zeroInVersion1.test(sample.name)),
  )
  expect(missing.map(key)).toEqual([])

  const machine = (samples: readonly Sample[]) =>
    Object.fromEntries(
      samples
        .filter(({ name }) => name.startsWith('machine_') && !leftOfMachine.test(name))
        .map((sample) => [key(sample), sample.value]),
    )
  expect(machine(ourSamples)).toEqual(machine(theirSamples))

  const exact = [
    'container_spec_memory_limit_bytes',
    'container_spec_cpu_quota',
    'container_threads',
    'container_file_descriptors',
  ]
  // The process has threads that come and go, and grows as it starts.
  await vi.waitFor(
    async () => {
      const [own = [], other = []] = await Promise.all([samplesAt(ours), samplesAt(theirs)])
      for (const name of exact) expect([name, valueOf(own, name)]).toEqual([name, valueOf(other, name)])
      const rss = valueOf(other, 'container_memory_rss') ?? 0
      expect(Math.abs((valueOf(own, 'container_memory_rss') ?? 0) - rss)).toBeLessThan(rss / 2)
    },
    { timeout: 20_000, interval: 500 },
  )
}, 60_000)
