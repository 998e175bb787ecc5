import { readdir, symlink, utimes, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { identityOf, type ContainerIdentity, type PodIdentity } from '#src/containers/container-identity.ts'
import type { ContainerNames } from '#src/containers/container-names.ts'
import { vocabularies } from '#src/naming/vocabulary.ts'
import { testContext, type TestContext } from '#src/testing/context.ts'
import { firstHost, hybridHost, unifiedFiles, unifiedHost } from '#src/testing/fake-cgroups.ts'
import { FakeHost } from '#src/testing/fake-host.ts'
import { renderBatches } from '#src/testing/rendered-batches.ts'
import type { ContainerConfig } from './config.ts'
import { ContainerReceiver } from './container-receiver.ts'
import definition from './index.ts'

const interval = 15_000

const uid = '6f0d0b3c-0d3a-4c43-a6b1-0d2f3c1e5a77'
const slice = uid.replaceAll('-', '_')
const ids = { app: 'a'.repeat(64), sandbox: 'b'.repeat(64), plain: 'c'.repeat(64) }

const pod = `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${slice}.slice`
const paths = {
  pod,
  app: `${pod}/cri-containerd-${ids.app}.scope`,
  sandbox: `${pod}/cri-containerd-${ids.sandbox}.scope`,
  plain: `/system.slice/docker-${ids.plain}.scope`,
}

/** Names that a test gives, known from the first cycle on. */
class GivenNames implements ContainerNames {
  readonly containers = new Map<string, ContainerIdentity>()
  readonly pods = new Map<string, PodIdentity>()
  readonly problems = new Map<string, Error>()
  readonly answering: readonly string[] = []
  start(): void {
    // There is nobody to ask.
  }
  async refresh(): Promise<void> {
    await Promise.resolve()
  }
  find(containerId: string): ContainerIdentity | undefined {
    return this.containers.get(containerId)
  }
  findPod(podUid: string): PodIdentity | undefined {
    return this.pods.get(podUid)
  }
  all(): Iterable<ContainerIdentity> {
    return this.containers.values()
  }
  async stop(): Promise<void> {
    await Promise.resolve()
  }
}

let host: FakeHost
let names: GivenNames
let context: TestContext
let receiver: ContainerReceiver | undefined

beforeEach(() => {
  context = testContext('container')
  names = new GivenNames()
  const ofPod = { pod: 'web-1', namespace: 'shop', podUid: uid, runtime: 'containerd' }
  for (const known of [
    { id: ids.app, ...ofPod, container: 'nginx', image: 'docker.io/library/nginx:1.29', name: ids.app },
    { id: ids.sandbox, ...ofPod, image: 'registry.k8s.io/pause:3.10', name: ids.sandbox, isSandbox: true },
    { id: ids.plain, image: 'redis:8', name: 'cache', runtime: 'docker' },
  ])
    names.containers.set(known.id, identityOf(known))
  names.pods.set(uid, {
    ...ofPod,
    sandboxId: ids.sandbox,
    sandboxPid: undefined,
    hostNetwork: undefined,
    labels: new Map(),
  })
})

afterEach(async () => {
  await receiver?.stop()
  receiver = undefined
  await host.close()
})

/** Makes a host whose cgroups were all made 3 seconds after the boot, whose disk has a name, and whose pod has a network. */
async function makeHost(files: Readonly<Record<string, string>>): Promise<void> {
  host = await FakeHost.create(files)
  await mkdir(join(host.root, 'sys/dev/block'), { recursive: true })
  await symlink('../../devices/pci/nvme0n1', join(host.root, 'sys/dev/block/259:0'))
  await host.link('/proc/1/ns/net', 'net:[1]')
  await host.link('/proc/101/ns/net', 'net:[2]')
  await date('/sys/fs/cgroup')
}

/** Sets when a folder and all that is in it were changed. */
async function date(path: string): Promise<void> {
  const folder = join(host.root, path)
  const entries = await readdir(folder, { recursive: true })
  for (const entry of [...entries, '']) await utimes(join(folder, entry), 1_700_000_003, 1_700_000_003)
}

/** Starts a receiver on the fake host, and runs its first cycle. */
async function start(options: Partial<ContainerConfig> = {}): Promise<void> {
  const config: ContainerConfig = {
    interval,
    initial_delay: 0,
    root_path: host.root,
    cgroup_path: '/sys/fs/cgroup',
    naming: 'prometheus',
    node_name: 'node-7',
    collectors: ['all'],
    levels: ['node', 'pod', 'container'],
    cri_sockets: [],
    docker_sockets: [],
    workers: 100,
    use_cache: true,
    metrics: {},
    ...options,
  }
  definition.validate?.(config)
  receiver = new ContainerReceiver(config, context, names)
  receiver.start()
  await cycle(0)
}

/** Lets time pass, and waits for the cycle that comes. */
async function cycle(pass = interval): Promise<void> {
  const before = context.collections.of('cycle').collections
  await context.clock.advance(pass)
  await expect.poll(() => context.collections.of('cycle').collections).toBe(before + 1)
}

const hosts = { unified: unifiedHost, first: firstHost, hybrid: hybridHost }

test.each(
  Object.entries(hosts).flatMap(([name, make]) => vocabularies.map((naming) => ({ name, make, naming }))),
)('$naming of a host with $name cgroups is as in the golden file', async ({ name, make, naming }) => {
  await makeHost(make(Object.values(paths)))
  await start({ naming, metrics: { vm_container_collector_scrape_duration_seconds: { enabled: false } } })
  context.next.take()
  await cycle()
  await expect(renderBatches(context.next.batches)).toMatchFileSnapshot(`golden/${name}-${naming}.txt`)
  expect(context.logger.lines).toEqual([])
})

/** The values of one metric by the label `id`, in the order in which they came. */
function valuesOf(name: string): Record<string, unknown[]> {
  const values: Record<string, unknown[]> = {}
  for (const sample of context.next.samples) {
    if (sample.name !== name) continue
    const { id } = sample.attributes
    if (typeof id !== 'string') continue
    ;(values[id] ??= []).push(sample.value)
  }
  return values
}

test('a machine that cannot be read is one problem, and hides no container', async () => {
  await makeHost(unifiedHost([paths.app]))
  await host.remove('/proc/cpuinfo')
  await start()
  const valueOf = (name: string): unknown =>
    context.next.samples.find((sample) => sample.name === name)?.value
  expect(valueOf('machine_scrape_error')).toBe(1)
  expect(valueOf('container_scrape_error')).toBe(0)
  expect(valueOf('machine_cpu_cores')).toBeUndefined()
  expect(valuesOf('container_memory_rss')[paths.app]).toEqual([3e7])
  expect(context.logger.lines.map(({ message }) => message)).toEqual([
    `${host.root}/proc/cpuinfo cannot be read: its metrics are missing`,
  ])
})

test('open files and sockets are counted of real processes, where they are wanted', async () => {
  await makeHost(unifiedHost([paths.app]))
  await host.write(`/sys/fs/cgroup${paths.app}/cgroup.procs`, `${process.pid}\n`)
  await host.link(`/proc/${process.pid}`, `/proc/${process.pid}`)
  await start({ metrics: { container_sockets: { enabled: true } } })
  expect(valuesOf('container_file_descriptors')[paths.app]?.[0]).toBeGreaterThan(2)
  expect(valuesOf('container_sockets')[paths.app]?.[0]).toBeGreaterThanOrEqual(0)
  await cycle()
  const [first, second] = valuesOf('container_ulimits_soft')[paths.app] ?? []
  expect(first).toBeGreaterThan(0)
  expect(second).toBe(first)
})

test('processes of another PID namespace are not looked at', async () => {
  await makeHost(unifiedHost([paths.app]))
  await host.write(`/sys/fs/cgroup${paths.app}/cgroup.procs`, '0\n0\n')
  await start()
  expect(valuesOf('container_processes')[paths.app]).toEqual([2])
  expect(valuesOf('container_file_descriptors')[paths.app]).toBeUndefined()
})

test('a container that is gone gets stale markers, and its source is forgotten', async () => {
  await makeHost(unifiedHost([paths.app, paths.plain]))
  await start()
  context.next.take()
  await host.remove(`/sys/fs/cgroup${paths.plain}`)
  await cycle()
  const stale = context.next.batches.filter((batch) => batch.walk.some((slot) => batch.isStale(slot)))
  expect(stale.map(({ layout }) => layout.source.part)).toEqual([paths.plain])
  expect(context.collections.bySource.has(paths.plain)).toBe(false)
  context.next.take()
  await cycle()
  expect(Object.keys(valuesOf('container_cpu_usage_seconds_total'))).toEqual(['/', paths.app])
})

test('a container that is made anew under the same path is another source, and no counter goes backwards', async () => {
  await makeHost(unifiedHost([paths.app]))
  await start({ naming: 'semconv' })
  const first = context.next.batches.find(({ layout }) => layout.source.part === paths.app)
  context.next.take()
  // The folder is kept until the new one is there, so that its inode cannot be given again.
  await host.rename(`/sys/fs/cgroup${paths.app}`, '/gone')
  for (const [path, text] of Object.entries(
    unifiedFiles(paths.app, { 'cpu.stat': 'usage_usec 1000\nuser_usec 1000\nsystem_usec 0\n' }),
  ))
    await host.write(path, text)
  await cycle()
  const batches = context.next.batches.filter(({ layout }) => layout.source.part === paths.app)
  expect(batches.map((batch) => batch.walk.every((slot) => batch.isStale(slot)))).toEqual([true, false])
  const [ended, begun] = batches
  expect(ended?.layout.source).toBe(first?.layout.source)
  expect(begun?.layout.source).not.toBe(first?.layout.source)
  expect(begun?.startTime).toBeGreaterThan(first?.startTime ?? 0)
})

test('a file that cannot be understood is one problem, told once, and hides nothing else', async () => {
  await makeHost(unifiedHost([paths.app]))
  await host.write(`/sys/fs/cgroup${paths.app}/cpu.stat`, 'usage_usec many\n')
  await start()
  await cycle()
  expect(context.logger.lines.map(({ message }) => message)).toEqual([
    `${host.root}/sys/fs/cgroup${paths.app}/cpu.stat cannot be read: its metrics are missing`,
  ])
  expect(context.collections.of('cycle').errors).toEqual(new Map([['malformed', 2]]))
  expect(valuesOf('container_memory_rss')[paths.app]).toEqual([3e7, 3e7])
  expect(valuesOf('container_cpu_usage_seconds_total')[paths.app]).toBeUndefined()
})

test('a host without cgroups is an error that the receiver recovers from', async () => {
  host = await FakeHost.create({ '/proc/stat': 'cpu  1 2 3 4 5 6 7 8 9 10\nbtime 1700000000\n' })
  await start().catch(() => undefined)
  expect(context.reports.map(({ state }) => state)).toEqual(['recoverable_error'])
  for (const [path, text] of Object.entries(unifiedHost([paths.app]))) await host.write(path, text)
  await cycle()
  expect(context.reports.map(({ state }) => state)).toEqual(['recoverable_error', 'ok'])
})

test('a usage that is below the inactive files is a working set of 0', async () => {
  await makeHost(unifiedHost([paths.app]))
  await host.write(`/sys/fs/cgroup${paths.app}/memory.current`, '7000000\n')
  await start()
  expect(valuesOf('container_memory_working_set_bytes')[paths.app]).toEqual([0])
})

test('a container that ended tells how, without a cgroup, until its runtime removes it', async () => {
  await makeHost(unifiedHost([paths.app]))
  const ended = { id: 'd'.repeat(64), podUid: uid, pod: 'web-1', namespace: 'shop', container: 'migrate' }
  names.containers.set(
    ended.id,
    identityOf({ ...ended, state: 'exited', exitCode: 3, exitReason: 'Error', restarts: 2 }),
  )
  names.containers.set('e', identityOf({ id: 'e', state: 'exited', isSandbox: true }))
  await start({ naming: 'vm' })
  const samplesOfEnded = (): unknown[] =>
    context.next.samples
      .filter(({ attributes }) => attributes['container_id'] === ended.id)
      .map(({ name, attributes: { state = '' }, value }) => [name, state, value])
  expect(samplesOfEnded()).toEqual([
    ['vm_container_restarts_total', '', 2],
    ['vm_container_state', 'created', 0],
    ['vm_container_state', 'running', 0],
    ['vm_container_state', 'paused', 0],
    ['vm_container_state', 'exited', 1],
    ['vm_container_state', 'unknown', 0],
    ['vm_container_exit_code', '', 3],
  ])
  context.next.take()
  names.containers.delete(ended.id)
  await cycle()
  const stale = context.next.batches.filter((batch) => batch.walk.some((slot) => batch.isStale(slot)))
  expect(stale.map(({ layout }) => layout.source.part)).toEqual([`ended:${ended.id}`])
  context.next.take()
  await cycle()
  expect(samplesOfEnded()).toEqual([])
})

test('slices and services are measured where levels name them', async () => {
  await makeHost(unifiedHost([paths.app, '/system.slice/sshd.service']))
  await start({ levels: ['slice'] })
  expect(Object.keys(valuesOf('container_memory_rss'))).toEqual(['/system.slice/sshd.service'])
})

test('a metric that there is not is a mistake that names the nearest one', () => {
  const mistaken = { metrics: { container_memory_rsss: { enabled: true } } } as unknown as ContainerConfig
  expect(() => definition.validate?.(mistaken)).toThrow(
    'there is no metric container_memory_rsss; did you mean container_memory_rss?',
  )
})
