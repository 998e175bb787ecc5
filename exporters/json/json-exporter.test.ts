import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { zstdDecompress } from 'node:zlib'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Exporter } from '#src/component/define.ts'
import type { Batch } from '#src/model/batch.ts'
import { Source } from '#src/model/source.ts'
import { pointsIn } from '#src/pipeline/consumer.ts'
import { Receipt, type Settlement } from '#src/pipeline/receipt.ts'
import { testContext } from '#src/testing/context.ts'
import { batchOf, series } from '#src/testing/series.ts'
import type { JsonConfig } from './config.ts'
import json from './index.ts'
import { JsonExporter } from './json-exporter.ts'
import { Backlog } from './backlog.ts'
import { Delivery } from './delivery.ts'
import { FileOutput } from './file-output.ts'

let folder = ''
let path = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weir-json-'))
  path = join(folder, 'out.jsonl')
})
const running: Exporter[] = []
afterEach(async () => {
  await Promise.all(running.splice(0).map(async (exporter) => exporter.stop?.(AbortSignal.timeout(10_000))))
  await rm(folder, { recursive: true })
})

const defaults: JsonConfig = {
  path: '-',
  format: 'lines',
  append: false,
  create_directory: false,
  directory_permissions: '0755',
  compression: 'none',
  flush_interval: 0,
  fsync: 'never',
  fsync_interval: 5000,
  queue: { max_megabytes: 32, when_full: 'refuse' },
}

function points(count: number, name = 'x', source = new Source('test', name)): Batch {
  const rows = Array.from({ length: count }, (_, n) => [series(name, { n: String(n) }), n] as const)
  return batchOf(rows, { source })
}

async function made(config: Partial<JsonConfig> = {}) {
  const context = testContext()
  const exporter = json.create({ ...defaults, path, ...config }, context)
  await exporter.start?.()
  running.push(exporter)
  return { context, exporter, take: taking(exporter, context) }
}

/** Counts a call as the exporter's node does. */
function taking(exporter: Exporter, { ledger }: ReturnType<typeof testContext>) {
  return (batches: readonly Batch[], receipt?: Receipt): boolean => {
    ledger.accepted += pointsIn(batches)
    const accepted = exporter.consume(batches, receipt)
    if (!accepted) ledger.accepted -= pointsIn(batches)
    expect(ledger.imbalance).toBe(0)
    return accepted
  }
}

async function linesOf(file = path): Promise<unknown[]> {
  const text = await readFile(file, 'utf8')
  expect(text.endsWith('\n')).toBe(true)
  return text
    .slice(0, -1)
    .split('\n')
    .map((line) => JSON.parse(line) as unknown)
}

test('people are told where the file is', async () => {
  expect((await made()).exporter.location).toBe(path)
  expect((await made({ path: '-' })).exporter.location).toBeUndefined()
})

test('samples become lines in the file after the flush interval, and are delivered then', async () => {
  const { context, exporter, take } = await made({ flush_interval: 1000 })
  const settlements: Settlement[] = []
  const receipt = new Receipt((settlement) => settlements.push(settlement))
  expect(
    take(
      [
        batchOf([
          [series('a', { x: '1' }), 1.5],
          [series('b'), Number.NaN],
        ]),
      ],
      receipt,
    ),
  ).toBe(true)
  receipt.settle()
  expect(context.ledger).toMatchObject({ queued: 2, delivered: 0 })
  expect(settlements).toEqual([])
  await vi.waitFor(() => expect(context.clock.waiting).toBe(1))
  await context.clock.advance(1000)
  await vi.waitFor(() => expect(settlements).toEqual([{ delivered: true, rejected: 0 }]))
  expect(context.ledger).toMatchObject({ queued: 0, delivered: 2, imbalance: 0 })
  expect(await readFile(path, 'utf8')).toBe(
    '{"name":"a","labels":{"x":"1"},"value":1.5,"time":1700000000000}\n' +
      '{"name":"b","labels":{},"value":"NaN","time":1700000000000}\n',
  )
  await exporter.stop?.(AbortSignal.timeout(10_000))
})

test('OTLP requests are lines too', async () => {
  const { exporter, take } = await made({ format: 'otlp' })
  take([points(3000)])
  take([points(1, 'y')])
  await exporter.stop?.(AbortSignal.timeout(10_000))
  expect(await linesOf()).toMatchObject([
    { resourceMetrics: [{ scopeMetrics: [{ metrics: [{ name: 'x' }] }] }] },
    { resourceMetrics: [{ scopeMetrics: [{ metrics: [{ name: 'x' }] }] }] },
    { resourceMetrics: [{ scopeMetrics: [{ metrics: [{ name: 'y' }] }] }] },
  ])
})

test('a large call is encoded in slices between which others run, and calls keep their order', async () => {
  const { context, exporter, take } = await made({ flush_interval: 1_000_000 })
  take([points(10_000, 'a')])
  take([points(1, 'b')])
  exporter.forget(new Source('test', 'never seen'))
  let turns = 0
  let over = false
  const count = (): void => {
    turns++
    if (!over) setImmediate(count)
  }
  setImmediate(count)
  await exporter.stop?.(AbortSignal.timeout(10_000))
  over = true
  expect(turns).toBeGreaterThan(4)
  const lines = (await linesOf()) as { name: string; value: number }[]
  expect(lines.map(({ name, value }) => `${name}${value}`)).toEqual([
    ...Array.from({ length: 10_000 }, (_, n) => `a${n}`),
    'b0',
  ])
  expect(context.ledger).toMatchObject({ delivered: 10_001, queued: 0, imbalance: 0 })
})

test('compressed chunks are one file to zstd', async () => {
  const { exporter, take } = await made({ compression: 'zstd' })
  take([points(3000)])
  await vi.waitFor(async () => expect((await readFile(path)).length).toBeGreaterThan(0))
  take([points(10)])
  await exporter.stop?.(AbortSignal.timeout(10_000))
  const packed = await readFile(path)
  const text = (await promisify(zstdDecompress)(packed)).toString()
  expect(text.split('\n').length).toBe(3011)
  expect(packed.length).toBeLessThan(text.length / 5)
})

test('an empty call is taken, and its receipt does not wait', async () => {
  const { take } = await made()
  const settlements: Settlement[] = []
  const receipt = new Receipt((settlement) => settlements.push(settlement))
  expect(take([points(0)], receipt)).toBe(true)
  receipt.settle()
  expect(settlements.length).toBe(1)
})

test('a full queue refuses, and refused data is left to the sender', async () => {
  const { context, take } = await made({
    queue: { max_megabytes: 1, when_full: 'refuse' },
    flush_interval: 1000,
  })
  expect(take([points(6000)])).toBe(true)
  expect(take([points(1)])).toBe(false)
  expect(context.ledger).toMatchObject({ queued: 6000, imbalance: 0 })
})

test('what cannot be encoded in time is dropped at the stop, and nothing is taken any more', async () => {
  const { context, exporter, take } = await made()
  take([points(10_000)])
  await exporter.stop?.(AbortSignal.abort())
  const { ledger } = context
  expect(ledger.dropped.get('shutdown')).toBe(10_000)
  expect(ledger).toMatchObject({ queued: 0, imbalance: 0 })
  expect(take([points(1)])).toBe(false)
  exporter.forget(new Source('test', 'late'))
  await new Promise((resolve) => setImmediate(resolve))
  expect(ledger).toMatchObject({ queued: 0, delivered: 0, imbalance: 0 })
})

test('an error of the encoding costs the points of its call alone', async () => {
  const context = testContext()
  const backlog = new Backlog({ maxBytes: 1e6, whenFull: 'refuse' }, context.ledger)
  const file = {
    path,
    append: false,
    directoryMode: undefined,
    rotation: undefined,
    compressed: false,
    syncsAtEnd: false,
  }
  const delivery = new Delivery(
    { path, flushIntervalMs: 0, fsync: 'never', fsyncIntervalMs: 0 },
    context,
    backlog,
    new FileOutput(file, context.clock, context.logger),
  )
  let calls = 0
  const encoding = {
    *encode() {
      yield { bytes: Buffer.from(`${++calls}\n`), points: 1, malformed: 0 }
      if (calls === 1) throw new Error('broken')
    },
    forget: () => undefined,
  }
  const exporter = new JsonExporter(encoding, false, backlog, delivery, context)
  await exporter.start()
  const take = taking(exporter, context)
  take([points(3)])
  take([points(1)])
  await exporter.stop(AbortSignal.timeout(10_000))
  expect(await readFile(path, 'utf8')).toBe('1\n2\n')
  expect(context.ledger.dropped.get('encoding_failed')).toBe(2)
  expect(context.ledger).toMatchObject({ delivered: 2, queued: 0, imbalance: 0 })
  expect(context.logger.lines).toMatchObject([{ level: 'error', message: 'batches could not be encoded' }])
})
