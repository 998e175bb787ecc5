import { execFileSync } from 'node:child_process'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Batch } from '#src/model/batch.ts'
import { RemoteWriteReceiver } from '#src/testing/remote-write-receiver.ts'
import type { TestExporter } from '#src/testing/pushing-exporter.ts'
import { batchOf, series } from '#src/testing/series.ts'
import { exporterFor } from '../../exporters/prometheus_remote_write/test-exporter.ts'

// A file system of its own that is full after a megabyte: it needs root.
let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weir-queue-'))
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder])
})
afterEach(async () => {
  execFileSync('umount', ['--lazy', folder])
  await rm(folder, { recursive: true })
})

const count = 500
const { layout } = batchOf(
  Array.from({ length: count }, (_, index) => [series('m', { n: `${index}` }), 0] as const),
)

/** Numbers that do not compress, so that a megabyte is soon full; the time has the number of the batch. */
function batch(value: number): Batch {
  const noise = Float64Array.from({ length: count }, (_, index) => value + Math.random() * 0.5 * (index % 2))
  return new Batch(layout, { time: 1_700_000_000_000 + value, values: noise })
}

function exporter(receiver: RemoteWriteReceiver, when_disk_fails: string): TestExporter {
  return exporterFor({
    endpoint: receiver.url,
    max_samples_per_send: 500,
    remote_write_queue: { num_consumers: 1, disk: { directory: join(folder, 'queue'), when_disk_fails } },
    retry_on_failure: { initial_interval: '5ms', max_interval: '20ms' },
  })
}

/** Puts a batch in, and gives it the time to become a request of its own. */
async function put(sut: TestExporter, value: number): Promise<boolean> {
  const taken = sut.take([batch(value)])
  await new Promise((resolve) => setTimeout(resolve, 4))
  return taken
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  await expect.poll(condition, { timeout: 30_000, interval: 20 }).toBe(true)
}

/** The numbers of the batches that arrived, in order, without what came again. */
function arrived(receiver: RemoteWriteReceiver): number[] {
  const times = receiver.series().flatMap(({ labels, samples }) => (labels['n'] === '0' ? samples : []))
  return [...new Set(times.map(({ time }) => time - 1_700_000_000_000))]
}

function numbers(length: number): number[] {
  return Array.from({ length }, (_, index) => index)
}

const failures = (sut: TestExporter): number => sut.lines.filter(({ level }) => level === 'error').length

test('44: a full disk costs nothing: data waits in memory, goes to disk once there is room, and outlives a restart', async () => {
  let up = false
  await using receiver = await RemoteWriteReceiver.start(() => ({ status: up ? 204 : 503 }))
  const filler = join(folder, 'filler')
  await writeFile(filler, Buffer.alloc(700_000))
  let total = 0
  {
    await using sut = exporter(receiver, 'memory_only')
    await sut.started
    while (failures(sut) === 0) expect(await put(sut, total++)).toBe(true)
    for (let more = 0; more < 30; more++) expect(await put(sut, total++)).toBe(true)
    const [line] = sut.lines.filter(({ level }) => level === 'error')
    expect(line?.message).toBe('the disk is full: new data waits in memory')
    expect(line?.fields).toMatchObject({ directory: join(folder, 'queue', 'prometheus_remote_write') })
    expect(line?.fields['bytes_free']).toBeLessThan(300_000)
    expect(sut.queueStatus?.disk?.writable).toBe(false)
    expect(sut.ledger.stored).toBeLessThan(sut.ledger.queued)
    await rm(filler)
    await until(() => sut.ledger.stored === total * count)
    expect(sut.queueStatus?.disk?.writable).toBe(true)
    expect(sut.lines.some(({ message }) => message === 'the queue is written to disk again')).toBe(true)
    expect(sut.settlements).toHaveLength(total)
    expect(sut.settlements.every(({ delivered }) => delivered)).toBe(true)
  }
  receiver.requests.length = 0
  up = true
  await using sut = exporter(receiver, 'memory_only')
  await sut.started
  expect(sut.ledger.restored).toBe(total * count)
  await sut.settled()
  expect(arrived(receiver)).toEqual(numbers(total))
  expect(sut.queueStatus?.disk?.damages).toBe(0)
})

test('44: with drop_oldest the oldest makes room on a full disk, and is counted', async () => {
  let up = false
  await using receiver = await RemoteWriteReceiver.start(() => ({ status: up ? 204 : 503 }))
  await using sut = exporterFor({
    endpoint: receiver.url,
    max_samples_per_send: 500,
    remote_write_queue: {
      num_consumers: 1,
      // Segments of 64 KiB.
      disk: { directory: join(folder, 'queue'), max_megabytes: 2, when_disk_fails: 'drop_oldest' },
    },
    retry_on_failure: { initial_interval: '5ms', max_interval: '20ms' },
  })
  await sut.started
  let total = 0
  while (sut.ledger.dropped.get('queue_full') === 0) expect(await put(sut, total++)).toBe(true)
  for (let more = 0; more < 50; more++) expect(await put(sut, total++)).toBe(true)
  await until(() => sut.ledger.stored === sut.ledger.queued)
  up = true
  await sut.settled()
  const { accepted, delivered, dropped } = sut.ledger
  expect(accepted).toBe(total * count)
  expect(delivered).toBe(accepted - dropped.get('queue_full'))
  expect(arrived(receiver).slice(-60)).toEqual(numbers(total).slice(-60))
})

test('44: with refuse a full disk takes nothing more until there is room', async () => {
  await using receiver = await RemoteWriteReceiver.start(() => ({ status: 503 }))
  const filler = join(folder, 'filler')
  await writeFile(filler, Buffer.alloc(900_000))
  await using sut = exporter(receiver, 'refuse')
  await sut.started
  let total = 0
  while (await put(sut, total)) total++
  expect(sut.lines.some(({ message }) => message === 'the disk is full: new data is refused')).toBe(true)
  await rm(filler)
  await until(async () => await put(sut, total))
  await until(() => sut.ledger.stored === sut.ledger.queued)
})

test('45: on a file system that is read-only it works in memory, and on disk once that can be written', async () => {
  let up = true
  await using receiver = await RemoteWriteReceiver.start(() => ({ status: up ? 204 : 503 }))
  await exporter(receiver, 'memory_only').stop()
  // A file that is open for writing forbids the change: what happens to a broken disk has no such scruples.
  execFileSync('mount', ['-o', 'remount,ro', folder])
  await using sut = exporter(receiver, 'memory_only')
  await sut.started
  for (let value = 0; value < 10; value++) expect(await put(sut, value)).toBe(true)
  await sut.settled()
  expect(arrived(receiver)).toEqual(numbers(10))
  expect(sut.reports.at(-1)).toMatchObject({
    state: 'recoverable_error',
    error: { message: expect.stringMatching(/^the file system is read-only: /) as string },
  })
  up = false
  expect(await put(sut, 10)).toBe(true)
  expect(sut.ledger).toMatchObject({ queued: count, stored: 0 })
  execFileSync('mount', ['-o', 'remount,rw', folder])
  await until(() => sut.ledger.stored === count)
  await sut.stop()
  expect((await readdir(join(folder, 'queue', 'prometheus_remote_write'))).toSorted()).toMatchObject([
    expect.stringMatching(/\.segment$/),
  ])
})
