import { execFileSync } from 'node:child_process'
import { mkdtemp, readFile, rm, statfs, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { testContext, type TestContext } from '#src/testing/context.ts'
import { batchOf, series } from '#src/testing/series.ts'
import json from '../../exporters/json/index.ts'

// A file system of its own that is full after a megabyte: it needs root.
let folder = ''
let path = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weir-tmpfs-'))
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder])
  path = join(folder, 'out.jsonl')
})
afterEach(async () => {
  execFileSync('umount', ['--lazy', folder])
  await rm(folder, { recursive: true })
})

type Exporter = ReturnType<typeof json.create>

async function started(fsync: 'never' | 'flush'): Promise<{ exporter: Exporter; context: TestContext }> {
  const context = testContext()
  const exporter = json.create(
    {
      path,
      format: 'lines',
      append: false,
      create_directory: false,
      directory_permissions: '0755',
      compression: 'none',
      flush_interval: 1000,
      fsync,
      fsync_interval: 5000,
      queue: { max_megabytes: 32, when_full: 'refuse' },
    },
    context,
  )
  await exporter.start?.()
  return { exporter, context }
}

const each = series('n')

function send({ ledger }: TestContext, exporter: Exporter, from: number, count: number): void {
  for (let value = from; value < from + count; value++) {
    ledger.accepted++
    expect(exporter.consume([batchOf([[each, value]])])).toBe(true)
    expect(ledger.imbalance).toBe(0)
  }
}

async function settle(context: TestContext, expected: () => void): Promise<void> {
  await vi.waitFor(
    async () => {
      await context.clock.advance(1000)
      expect(context.ledger.imbalance).toBe(0)
      expected()
    },
    { timeout: 20_000 },
  )
}

async function valuesOf(): Promise<number[]> {
  const text = await readFile(path, 'utf8')
  expect(text.endsWith('\n')).toBe(true)
  return text
    .slice(0, -1)
    .split('\n')
    .map((line) => (JSON.parse(line) as { value: number }).value)
}

test.each(['never', 'flush'] as const)(
  'a disk that fills up keeps whole lines only, and goes on once space is back (fsync: %s)',
  async (fsync) => {
    const filler = join(folder, 'filler')
    await writeFile(filler, Buffer.alloc(700_000))
    const { exporter, context } = await started(fsync)
    const total = 8000
    send(context, exporter, 0, total)
    await settle(context, () => expect(context.reports.at(-1)?.state).toBe('recoverable_error'))
    const { bavail } = await statfs(folder)
    // What a line does not fit into is left; nothing more.
    expect(bavail).toBeLessThanOrEqual(1)
    // An attempt may be under way, which ends with what it wrote cut off.
    const before = await vi.waitFor(valuesOf)
    expect(before).toEqual(Array.from({ length: before.length }, (_, index) => index))
    expect(context.ledger).toMatchObject({ delivered: before.length, queued: total - before.length })
    const [line] = context.logger.lines
    expect(line).toMatchObject({
      level: 'error',
      message: 'the disk is full: data waits in memory',
      fields: { path },
    })
    expect(line?.fields['bytes_free']).toBeLessThanOrEqual(4096)

    await rm(filler)
    await settle(context, () => expect(context.ledger).toMatchObject({ delivered: total, queued: 0 }))
    expect(await valuesOf()).toEqual(Array.from({ length: total }, (_, index) => index))
    expect(context.reports.at(-1)?.state).toBe('ok')
    await exporter.stop?.(AbortSignal.timeout(5000))
  },
)

test('a file system that becomes read-only keeps data in memory until it can be written again', async () => {
  const { exporter, context } = await started('never')
  send(context, exporter, 0, 10)
  await settle(context, () => expect(context.ledger.delivered).toBe(10))
  // A file that is open for writing forbids the change: what happens to a broken disk has no such scruples.
  await exporter.stop?.(AbortSignal.timeout(5000))
  execFileSync('mount', ['-o', 'remount,ro', folder])
  const again = await started('never')
  send(again.context, again.exporter, 10, 10)
  await settle(again.context, () => expect(again.context.ledger.queued).toBe(10))
  expect(again.context.reports.at(-1)).toEqual({
    state: 'recoverable_error',
    error: `the file system is read-only: ${path}`,
  })
  execFileSync('mount', ['-o', 'remount,rw', folder])
  await settle(again.context, () => expect(again.context.ledger).toMatchObject({ delivered: 10, queued: 0 }))
  expect(await valuesOf()).toEqual(Array.from({ length: 10 }, (_, index) => index + 10))
  await again.exporter.stop?.(AbortSignal.timeout(5000))
})

test('a stop while the disk is full ends at its deadline, and says what was lost', async () => {
  await writeFile(join(folder, 'filler'), Buffer.alloc(1_040_000))
  const { exporter, context } = await started('never')
  send(context, exporter, 0, 500)
  await settle(context, () => expect(context.reports.at(-1)?.state).toBe('recoverable_error'))
  await exporter.stop?.(AbortSignal.timeout(100))
  const { ledger } = context
  const kept = await valuesOf()
  expect(ledger).toMatchObject({ delivered: kept.length, queued: 0, imbalance: 0 })
  expect(ledger.dropped.get('shutdown')).toBe(500 - kept.length)
})
