import { existsSync, readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Receiver } from '#src/component/define.ts'
import { testContext, type TestContext } from '#src/testing/context.ts'
import { FakeHost, hostFiles } from '#src/testing/fake-host.ts'
import { childrenRunning, isRunning } from '#src/testing/statfs-helpers.ts'
import type { HostMetricsConfig } from '../../receivers/hostmetrics/config.ts'
import definition from '../../receivers/hostmetrics/index.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { WeirProcess } from '../weir-process.ts'

// What hangs here is the helper process, stopped by a signal: for the receiver that is what a mount that hangs is, and
// it needs no root. test/peers/hanging-mount.peer.test.ts has a file system that hangs.

const interval = 15_000
const patience = 5000

let host: FakeHost
let context: TestContext
let receiver: Receiver | undefined

beforeEach(async () => {
  host = await FakeHost.create({
    ...hostFiles,
    '/proc/filesystems': 'nodev\tnfs4\n\text4\n',
    '/proc/1/mountinfo':
      '20 1 8:1 / / rw - ext4 /dev/sda1 rw\n21 20 0:50 / /remote rw - nfs4 server:/ rw\n22 20 8:2 / /data rw - ext4 /dev/sdb rw\n',
    '/remote/file': '',
    '/data/file': '',
  })
  context = testContext('hostmetrics')
})

afterEach(async () => {
  await receiver?.stop()
  receiver = undefined
  await host.close()
})

/** Starts the receiver, and waits for its first cycle, which needs the helper. */
async function start(): Promise<void> {
  const config: HostMetricsConfig = {
    collection_interval: interval,
    initial_delay: 0,
    timeout: 0,
    root_path: host.root,
    metadata_collection_interval: 0,
    naming: 'prometheus',
    node_name: '',
    scrapers: {
      filesystem: { include_virtual_filesystems: false, metrics: {} },
      load: { cpu_average: false, metrics: {} },
    },
  }
  receiver = definition.create(config, context)
  await receiver.start()
  await context.clock.advance(0)
  await measured()
}

/** Waits for a cycle in which the remote file system was measured. */
async function measured(): Promise<void> {
  await vi.waitFor(() => expect(errors()).toEqual({ '/': 0, '/remote': 0, '/data': 0 }), 10_000)
  context.next.take()
}

function stopHelper(): number {
  const [helper = 0] = childrenRunning('statfs-helper.ts')
  process.kill(helper, 'SIGSTOP')
  return helper
}

/** Which mounts could not be measured in the last cycle. */
function errors(): Record<string, unknown> {
  return valuesOf('node_filesystem_device_error', 'mountpoint')
}

function valuesOf(name: string, label: string): Record<string, unknown> {
  const samples = context.next.samples.filter((sample) => sample.name === name && sample.value !== 'stale')
  return Object.fromEntries(samples.map(({ attributes, value }) => [attributes[label], value]))
}

test('20: a mount that hangs delays the first cycle by 5 s, no other scraper, and no later cycle', async () => {
  await start()
  const first = stopHelper()
  await context.clock.advance(interval)
  expect(valuesOf('node_scrape_collector_success', 'collector')).toEqual({ loadavg: 1 })
  await context.clock.advance(patience)
  expect(errors()).toEqual({ '/': 0, '/remote': 1, '/data': 0 })
  expect(Object.keys(valuesOf('node_filesystem_size_bytes', 'mountpoint'))).toEqual(['/', '/data'])
  expect(valuesOf('node_scrape_collector_success', 'collector')).toEqual({ loadavg: 1, filesystem: 1 })
  const stale = context.next.samples.filter(({ value }) => value === 'stale')
  expect(stale.map(({ name, attributes }) => [name, attributes['mountpoint']])).toContainEqual([
    'node_filesystem_size_bytes',
    '/remote',
  ])
  await vi.waitFor(() => expect(isRunning(first)).toBe(false))

  context.next.take()
  await context.clock.advance(interval - patience)
  expect(errors()).toEqual({ '/': 0, '/remote': 1, '/data': 0 })
  expect(childrenRunning('statfs-helper.ts')).toEqual([])
})

test('20: it is counted and told once, and when it is over', async () => {
  await start()
  stopHelper()
  await context.clock.advance(2 * interval)
  expect(context.collections.bySource.get('filesystem')?.errors).toEqual(new Map([['timeout', 2]]))
  const file = join(host.root, 'remote')
  const lines = () =>
    context.logger.lines.map(({ level, message, fields }) => [level, message, fields['reason']])
  const warning = ['warn', `${file} cannot be read: its metrics are missing`, 'timeout']
  expect(lines()).toEqual([warning])

  // It is asked again in the background, 30 s after it was given up.
  await vi.waitFor(async () => {
    context.next.take()
    await context.clock.advance(interval)
    // A third timer beside those of the two schedules is that of a request, which takes real time.
    await vi.waitFor(() => expect(context.clock.waiting).toBe(2), 10_000)
    expect(errors()).toEqual({ '/': 0, '/remote': 0, '/data': 0 })
  }, 15_000)
  expect(lines()).toEqual([warning, ['info', `${file} is no problem any more`, undefined]])
})

test('20: a stop does not wait for the answer', async () => {
  await start()
  const helper = stopHelper()
  await context.clock.advance(interval)
  await receiver?.stop()
  await vi.waitFor(() => expect(isRunning(helper)).toBe(false))
  expect(context.clock.waiting).toBe(0)
})

test('20: the program ends while a mount hangs, with all that it had', async () => {
  await using folder = await temporaryFolder()
  const output = join(folder.path, 'samples')
  const file = join(folder.path, 'weir.yaml')
  await writeFile(
    file,
    `receivers:
  hostmetrics:
    collection_interval: 100ms
    initial_delay: 0s
    root_path: ${host.root}
    naming: prometheus
    scrapers: { filesystem: }
exporters:
  json: { path: ${JSON.stringify(output)}, format: lines, flush_interval: 10ms }
extensions:
  health_check: { endpoint: 127.0.0.1:0 }
service:
  extensions: [health_check]
  telemetry: { metrics: { level: none } }
  pipelines:
    metrics: { receivers: [hostmetrics], exporters: [json] }
`,
  )
  const lines = (): string => (existsSync(output) ? readFileSync(output, 'utf8') : '')
  await using weir = new WeirProcess(['--config', file])
  await weir.until('a measured mount', () => /size_bytes.*\/remote/.test(lines()) || undefined)
  const [helper = 0] = childrenRunning('statfs-helper.ts', weir.child.pid)
  process.kill(helper, 'SIGSTOP')
  await weir.until('a mount that hangs', () => /device_error.*\/remote.*"value":1/.test(lines()) || undefined)
  expect(await weir.end('SIGTERM')).toMatchObject({ status: 0, signal: null })
  expect(isRunning(helper)).toBe(false)
})
