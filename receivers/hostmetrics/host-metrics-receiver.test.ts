import { execFileSync } from 'node:child_process'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { vocabularies, type Vocabulary } from '#src/naming/vocabulary.ts'
import { testContext, type TestContext } from '#src/testing/context.ts'
import { FakeHost, laterProcStat } from '#src/testing/fake-host.ts'
import { renderBatches } from '#src/testing/rendered-batches.ts'
import type { HostMetricsConfig } from './config.ts'
import { HostMetricsReceiver } from './host-metrics-receiver.ts'
import definition from './index.ts'

const interval = 15_000

let host: FakeHost
let context: TestContext
let receiver: HostMetricsReceiver | undefined

beforeEach(async () => {
  host = await FakeHost.create()
  context = testContext('hostmetrics')
})

afterEach(async () => {
  await receiver?.stop()
  receiver = undefined
  await host.close()
})

/** All scrapers but that of file systems, which has its own tests. */
const scrapers: HostMetricsConfig['scrapers'] = {
  cpu: { metrics: {} },
  memory: { metrics: {} },
  load: { cpu_average: false, metrics: {} },
  disk: { metrics: {} },
  network: { metrics: {} },
}

/** Starts a receiver, and runs its first cycle. */
async function start(options: Partial<HostMetricsConfig> = {}): Promise<void> {
  const config: HostMetricsConfig = {
    collection_interval: interval,
    initial_delay: 0,
    timeout: 0,
    root_path: host.root,
    metadata_collection_interval: 0,
    naming: 'otel',
    node_name: '',
    scrapers,
    ...options,
  }
  definition.validate?.(config)
  receiver = new HostMetricsReceiver(config, context)
  receiver.start()
  await context.clock.advance(0)
}

const allEnabled = (names: readonly string[]) =>
  Object.fromEntries(names.map((name) => [name, { enabled: true }]))

/** What is off by default, by scraper. */
const optional: HostMetricsConfig['scrapers'] = {
  cpu: {
    metrics: allEnabled([
      'system.cpu.utilization',
      'system.cpu.frequency',
      'system.cpu.logical.count',
      'system.cpu.physical.count',
    ]),
  },
  memory: {
    metrics: allEnabled([
      'system.memory.utilization',
      'system.memory.limit',
      'system.memory.linux.shared',
      'system.linux.memory.available',
      'system.linux.memory.dirty',
      'system.memory.linux.available',
      ...['limit', 'page_size', 'reserved', 'surplus', 'usage', 'utilization'].map(
        (name) => `system.memory.linux.hugepages.${name}`,
      ),
    ]),
  },
  load: { cpu_average: true, metrics: {} },
  disk: { metrics: {} },
  network: {
    metrics: allEnabled([
      'system.network.conntrack.count',
      'system.network.conntrack.max',
      'node_nf_conntrack_entries',
      'node_nf_conntrack_entries_limit',
    ]),
  },
}

test.each(vocabularies)('%s: a second cycle of all metrics is as in the golden file', async (naming) => {
  await start({ naming, node_name: 'node-7', scrapers: optional })
  context.next.take()
  await host.write('/proc/stat', laterProcStat)
  await context.clock.advance(interval)
  await expect(renderBatches(context.next.batches)).toMatchFileSnapshot(`golden/${naming}.txt`)
  expect(context.logger.lines).toEqual([])
})

test('the size of a page is that of this machine', async () => {
  await start({ scrapers: { memory: { metrics: allEnabled(['system.memory.page_size']) } } })
  const size = context.next.samples.find(({ name }) => name === 'system.memory.page_size')
  expect(size?.value).toBe(Number(execFileSync('getconf', ['PAGESIZE'], { encoding: 'utf8' })))
})

async function namesOf(options: Partial<HostMetricsConfig>): Promise<string[]> {
  await start(options)
  return [...new Set(context.next.samples.map(({ name }) => name))].toSorted()
}

test("the Collector's defaults are on, and nothing more", async () => {
  expect(await namesOf({})).toEqual(
    [
      'system.cpu.time',
      'system.memory.usage',
      'system.cpu.load_average.1m',
      'system.cpu.load_average.5m',
      'system.cpu.load_average.15m',
      'system.disk.io',
      'system.disk.operations',
      'system.disk.io_time',
      'system.disk.operation_time',
      'system.disk.weighted_io_time',
      'system.disk.merged',
      'system.disk.pending_operations',
      'system.network.io',
      'system.network.packets',
      'system.network.errors',
      'system.network.dropped',
      'system.network.connections',
    ].toSorted(),
  )
})

test('several vocabularies at once are the same as each by itself, together', async () => {
  const single: string[] = []
  for (const naming of vocabularies) {
    single.push(...(await namesOf({ naming })))
    await receiver?.stop()
    context = testContext('hostmetrics')
  }
  expect(await namesOf({ naming: [...vocabularies] })).toEqual([...new Set(single)].toSorted())
})

test.each<[Vocabulary, string, string]>([
  ['otel', 'cpu', 'system.cpu.time'],
  ['prometheus', 'cpu', 'node_cpu_seconds_total'],
  ['prometheus', 'memory', 'node_memory_Cached_bytes'],
  ['prometheus', 'network', 'node_network_mtu_bytes'],
])('%s: of the scraper %s the metric %s is switched off alone', async (naming, scraper, name) => {
  const all = await namesOf({ naming })
  await receiver?.stop()
  context = testContext('hostmetrics')
  const some = await namesOf({
    naming,
    scrapers: { ...scrapers, [scraper]: { cpu_average: false, metrics: { [name]: { enabled: false } } } },
  })
  expect(all).toContain(name)
  expect(some).toEqual(all.filter((each) => each !== name))
})

test('each scraper is a source of its own, whose collections are recorded', async () => {
  await start()
  await context.clock.advance(interval)
  const parts = context.next.batches.map(({ layout }) => layout.source)
  expect(new Set(parts.map(({ id }) => id))).toEqual(
    new Set(['cpu', 'memory', 'load', 'disk', 'network'].map((part) => `hostmetrics/${part}`)),
  )
  expect(
    [...context.collections.bySource].map(([part, { collections, errors }]) => [
      part,
      collections,
      errors.size,
    ]),
  ).toEqual(Object.keys(scrapers).map((part) => [part, 2, 0]))
  expect(context.collections.intervalMs).toBe(interval)
})

test('samples bear the time of their cycle, and the boot as start', async () => {
  await start()
  const { now } = { now: context.clock.now() }
  for (const batch of context.next.batches) {
    expect(batch.time).toBe(now)
    expect(batch.startTime).toBe(1_700_000_000_000)
  }
})

test('a disk that went gets stale markers', async () => {
  await start({ scrapers: { disk: { metrics: {} } } })
  context.next.take()
  await host.write('/proc/diskstats', '   8      16 sdb 1 0 8 0 1 0 8 4 0 4 4\n')
  await context.clock.advance(interval)
  const stale = context.next.samples.filter(({ value }) => value === 'stale')
  expect(new Set(stale.map(({ attributes }) => attributes['device']))).toEqual(
    new Set(['loop0', 'nvme0n1', 'nvme0n1p1']),
  )
})

test('disks and interfaces are selected by include and exclude, in all vocabularies', async () => {
  await start({
    naming: ['otel', 'prometheus'],
    scrapers: {
      disk: { include: { match_type: 'regexp', devices: ['^nvme'] }, metrics: {} },
      network: { exclude: { match_type: 'strict', interfaces: ['lo'] }, metrics: {} },
    },
  })
  const devices = new Map<string, Set<unknown>>()
  for (const { name, attributes } of context.next.samples) {
    const family = name.split(/[._]/).slice(0, 2).join('.')
    if (attributes['device'] === undefined) continue
    devices.set(family, (devices.get(family) ?? new Set()).add(attributes['device']))
  }
  expect(Object.fromEntries(devices)).toEqual({
    'system.disk': new Set(['nvme0n1', 'nvme0n1p1']),
    // The configuration selects, so that node_exporter's own exclusion of partitions does not hold.
    'node.disk': new Set(['nvme0n1', 'nvme0n1p1']),
    'system.network': new Set(['eth0', 'veth1']),
    'node.network': new Set(['eth0', 'veth1']),
  })
})

function nodes(): Set<unknown> {
  return new Set(context.next.take().map(({ attributes }) => attributes['node']))
}

test('the label node is what is configured, else what the mounted host is called', async () => {
  await start({ naming: 'vm', node_name: 'given' })
  expect(nodes()).toEqual(new Set(['given']))
  await receiver?.stop()
  await start({ naming: 'vm' })
  expect(nodes()).toEqual(new Set([process.env['NODE_NAME'] ?? 'node-7']))
})

test('a stop ends all cycles and emits nothing', async () => {
  await start()
  context.next.take()
  await receiver?.stop()
  await context.clock.advance(10 * interval)
  expect(context.next.samples).toEqual([])
  expect(context.clock.waiting).toBe(0)
})

test('a bad expression names its place; all of them are told at once', () => {
  const config = {
    naming: 'otel' as const,
    root_path: '',
    scrapers: {
      disk: { include: { match_type: 'regexp' as const, devices: ['('] }, metrics: {} },
      network: {
        include: { match_type: 'regexp' as const, interfaces: ['ok', '['] },
        exclude: { match_type: 'regexp' as const, interfaces: [')'] },
        metrics: {},
      },
    },
  }
  let thrown: unknown
  try {
    definition.validate?.(config as HostMetricsConfig)
  } catch (error) {
    thrown = error
  }
  expect(thrown).toMatchObject({
    path: ['scrapers', 'disk', 'include', 'devices', 0],
    others: [
      { path: ['scrapers', 'network', 'include', 'interfaces', 1] },
      { path: ['scrapers', 'network', 'exclude', 'interfaces', 0] },
    ],
  })
})
