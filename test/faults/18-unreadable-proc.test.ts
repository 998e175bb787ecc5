import { symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Receiver } from '#src/component/define.ts'
import { testContext, type TestContext } from '#src/testing/context.ts'
import { FakeHost, hostFiles } from '#src/testing/fake-host.ts'
import type { HostMetricsConfig } from '../../receivers/hostmetrics/config.ts'
import definition from '../../receivers/hostmetrics/index.ts'

const interval = 15_000

let host: FakeHost
let context: TestContext
let receiver: Receiver | undefined

beforeEach(async () => {
  host = await FakeHost.create()
  context = testContext('hostmetrics')
})

afterEach(async () => {
  await receiver?.stop()
  await host.close()
})

const config = {
  collection_interval: interval,
  initial_delay: 0,
  timeout: 0,
  metadata_collection_interval: 0,
  naming: 'prometheus',
  node_name: '',
  scrapers: {
    cpu: { metrics: {} },
    memory: { metrics: {} },
    load: { cpu_average: false, metrics: {} },
    disk: { metrics: {} },
    network: { metrics: {} },
  },
} as const

/** Starts the receiver, and runs its first cycle. */
async function start(): Promise<void> {
  const options: HostMetricsConfig = { ...config, root_path: host.root }
  receiver = definition.create(options, context)
  await receiver.start()
  await context.clock.advance(0)
}

/** A file that gives an error of the kernel to anyone, root included. */
async function replaceByLink(path: string, target: string): Promise<void> {
  await host.remove(path)
  await symlink(target, join(host.root, path))
}

/** Ways in which a file of `/proc` cannot be read, and what they are called. */
const faults: Readonly<Record<string, readonly [reason: string, inject: (path: string) => Promise<void>]>> = {
  // A switch of the kernel that can only be written to.
  EACCES: ['permission_denied', async (path) => await replaceByLink(path, '/proc/sys/net/ipv4/route/flush')],
  // The first page of memory, which no process has.
  EIO: ['io_error', async (path) => await replaceByLink(path, '/proc/self/mem')],
  ENOENT: ['not_found', async (path) => await host.remove(path)],
  empty: ['empty', async (path) => await host.write(path, '')],
  'a short read': [
    'malformed',
    async (path) =>
      await host.write(path, (hostFiles[path] ?? '').slice(0, (hostFiles[path] ?? '').length - 9)),
  ],
  garbage: ['malformed', async (path) => await host.write(path, '\u0000\uffff{"a": 1}\n\n\n')],
}

/** What each file is for. */
const files: Readonly<Record<string, string>> = {
  '/proc/stat': 'cpu',
  '/proc/meminfo': 'meminfo',
  '/proc/loadavg': 'loadavg',
  '/proc/diskstats': 'diskstats',
  '/proc/1/net/dev': 'netdev',
}

/** The success of each collector in the samples since the last call, which are then forgotten. */
function successes(): Record<string, unknown> {
  const samples = context.next.take().filter(({ name }) => name === 'node_scrape_collector_success')
  return Object.fromEntries(
    samples.map(({ attributes, value }) => [attributes['collector'] as string, value]),
  )
}

const allSucceed = { cpu: 1, meminfo: 1, loadavg: 1, diskstats: 1, netdev: 1, netclass: 1 }

const cases = Object.keys(files).flatMap((path) => Object.keys(faults).map((fault) => [path, fault] as const))

test.each(cases)(
  '%s with %s: its collector says so once, the others go on, and it comes back',
  async (path, fault) => {
    const [reason, inject] = faults[fault] ?? ['', async () => await Promise.resolve()]
    const collector = files[path] ?? ''
    await start()
    expect(successes()).toEqual(allSucceed)
    expect(context.logger.lines).toEqual([])

    await inject(path)
    await context.clock.advance(interval)
    const stale = context.next.samples.filter(({ value }) => value === 'stale')
    expect(stale.length).toBeGreaterThan(0)
    expect(successes()).toEqual({ ...allSucceed, [collector]: 0 })
    await context.clock.advance(3 * interval)
    expect(successes()).toEqual({ ...allSucceed, [collector]: 0 })

    const file = join(host.root, path)
    expect(
      context.logger.lines.map(({ level, message, fields }) => [level, message, fields['reason']]),
    ).toEqual([['warn', `${file} cannot be read: its metrics are missing`, reason]])
    expect(context.reports.at(-1)).toMatchObject({ state: 'recoverable_error', error: { file, reason } })
    const errors = [...context.collections.bySource].flatMap(([, totals]) => [...totals.errors])
    expect(errors).toEqual([[reason, 4]])

    await host.remove(path)
    await host.write(path, hostFiles[path] ?? '')
    await context.clock.advance(interval)
    expect(successes()).toEqual(allSucceed)
    expect(context.logger.lines.slice(1).map(({ level, message }) => [level, message])).toEqual([
      ['info', `${file} is no problem any more`],
    ])
    expect(context.reports.at(-1)?.state).toBe('ok')
  },
)

test('a file that is only a part of what a collector measures takes away no more than itself', async () => {
  await start()
  context.next.take()
  await host.write('/sys/class/net/eth0/mtu', 'wide\n')
  await context.clock.advance(interval)
  const mtus = context.next.samples.filter(({ name }) => name === 'node_network_mtu_bytes')
  expect(mtus.map(({ attributes, value }) => [attributes['device'], value])).toContainEqual(['lo', 65_536])
  expect(successes()).toEqual(allSucceed)
  expect(context.logger.lines.map(({ message }) => message)).toEqual([
    `${join(host.root, '/sys/class/net/eth0/mtu')} cannot be read: its metrics are missing`,
  ])
})

test('several files that cannot be read are told one by one', async () => {
  await start()
  await host.remove('/proc/stat')
  await host.remove('/proc/meminfo')
  await context.clock.advance(interval)
  expect(context.logger.lines.map(({ message }) => message)).toEqual([
    `${join(host.root, '/proc/stat')} cannot be read: its metrics are missing`,
    `${join(host.root, '/proc/meminfo')} cannot be read: its metrics are missing`,
  ])
})

test('with hidepid the first process is not seen: the network says so, and is not mistaken for that of the container', async () => {
  await start()
  await host.write('/proc/net/dev', hostFiles['/proc/1/net/dev'] ?? '')
  await host.remove('/proc/1')
  context.next.take()
  await context.clock.advance(interval)
  const { samples } = context.next
  expect(
    samples.filter(({ name, value }) => name === 'node_network_receive_bytes_total' && value !== 'stale'),
  ).toEqual([])
  expect(successes()).toEqual({ ...allSucceed, netdev: 0 })
})
