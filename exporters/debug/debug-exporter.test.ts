import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { ConfigError } from '#src/config/config-error.ts'
import { internAttributes } from '#src/model/attribute-set.ts'
import { flag, staleBatch, type Batch } from '#src/model/batch.ts'
import { makeResource, makeScope } from '#src/model/resource.ts'
import type { LogFields } from '#src/telemetry/logger.ts'
import { testContext } from '#src/testing/context.ts'
import { batchOf, layoutOf, series } from '#src/testing/series.ts'
import { checkConfig, type DebugConfig } from './config.ts'
import debug from './index.ts'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weir-debug-'))
})
afterEach(async () => rm(folder, { recursive: true }))

const defaults: DebugConfig = {
  verbosity: 'basic',
  sampling_initial: 2,
  sampling_thereafter: 1,
  use_internal_logger: true,
  output_paths: ['stdout'],
}

const scope = makeScope(makeResource(['host.name', 'a']), { name: 'scope', version: '1' })

function some(): Batch {
  return batchOf([
    [series('x', { n: '1' }, { scope, unit: 's', description: 'an x' }), 1.5],
    [series('x', { n: '2' }, { scope }), 2],
    [series('y'), 3],
  ])
}

/** What the exporter wrote to a file for some batches. */
async function written(verbosity: DebugConfig['verbosity'], batches: readonly Batch[]): Promise<string[]> {
  const path = join(folder, 'out.txt')
  const exporter = debug.create(
    { ...defaults, verbosity, use_internal_logger: false, output_paths: [path] },
    testContext(),
  )
  await exporter.start?.()
  exporter.consume(batches)
  await exporter.stop?.(AbortSignal.timeout(10_000))
  return (await readFile(path, 'utf8')).split('\n')
}

/** The fields of what it logs behind the numbers. */
function logged(verbosity: DebugConfig['verbosity']): LogFields[] {
  const context = testContext()
  debug.create({ ...defaults, verbosity }, context).consume([some()])
  return context.logger.lines.slice(1).map(({ fields }) => fields)
}

test('basic tells numbers in the log, and everything is delivered at once', async () => {
  const context = testContext()
  const exporter = debug.create(defaults, context)
  await exporter.start?.()
  context.ledger.accepted += 3
  expect(exporter.consume([some()])).toBe(true)
  exporter.forget(some().layout.source)
  expect(context.ledger).toMatchObject({ delivered: 3, imbalance: 0 })
  expect(context.logger.lines).toMatchObject([
    { level: 'info', message: 'metrics', fields: { resources: 2, metrics: 2, data_points: 3 } },
  ])
  await exporter.stop?.(AbortSignal.timeout(10_000))
})

test('normal and detailed tell each data point in the log', () => {
  expect(logged('normal')[0]).toMatchObject({ sample: 'x{n="1"} 1.5 2023-11-14T22:13:20.000Z' })
  expect(logged('detailed')[0]).toMatchObject({
    name: 'x',
    kind: 'gauge',
    unit: 's',
    description: 'an x',
    resource: 'host.name="a"',
    scope: 'scope 1',
    attributes: 'n="1"',
    time: '2023-11-14T22:13:20.000Z',
    value: '1.5',
  })
})

test('without the internal logger it writes text', async () => {
  expect(await written('normal', [some()])).toEqual([
    'metrics: 2 resources, 2 metrics, 3 data points',
    '  x{n="1"} 1.5 2023-11-14T22:13:20.000Z',
    '  x{n="2"} 2 2023-11-14T22:13:20.000Z',
    '  y{} 3 2023-11-14T22:13:20.000Z',
    '',
  ])
})

test('details of every kind are told', async () => {
  const derived = makeScope(makeResource(['job', 'j'], { derived: true }))
  const batch = batchOf(
    [
      [series('h', {}, { kind: 'histogram', scope: derived }), 0],
      [series('e', {}, { kind: 'exponential_histogram' }), 0],
      [series('s', {}, { kind: 'summary' }), 0],
      [series('c', {}, { kind: 'sum', monotonic: true }), 2 ** 60],
    ],
    {
      points: [
        { kind: 'histogram', count: 3, sum: 4, min: 1, max: 2, bounds: [1], counts: [1, 2] },
        {
          kind: 'exponential_histogram',
          count: 3n,
          sum: undefined,
          min: undefined,
          max: undefined,
          scale: 2,
          zeroCount: 1,
          zeroThreshold: 0.5,
          positive: { offset: -1, counts: [1, 1] },
          negative: { offset: 0, counts: [] },
        },
        { kind: 'summary', count: 1, sum: 2, quantiles: [{ quantile: 0.5, value: 2 }] },
      ],
      flags: Uint8Array.of(0, 0, 0, flag.integer),
      integers: BigInt64Array.of(0n, 0n, 0n, 1_152_921_504_606_846_977n),
      timesNano: BigInt64Array.of(1n, 2n, 3n, 2n ** 63n - 1n),
      startTime: 1000,
      exemplars: [{ slot: 3, value: 7, time: 1, attributes: internAttributes(['trace_id', 'ab']) }],
    },
  )
  const lines = await written('detailed', [batch])
  expect(lines).toContain('    value: count=3 sum=4 min=1 max=2 (-Inf,1]:1 (1,+Inf]:2')
  expect(lines).toContain(
    '    value: count=3 scale=2 zero=1 zero_threshold=0.5 positive=-1:[1 1] negative=0:[]',
  )
  expect(lines).toContain('    value: count=1 sum=2 0.5:2')
  expect(lines).toContain('    value: 1152921504606846977')
  expect(lines).toContain('    exemplars: 7{trace_id="ab"}')
  expect(lines).toContain('    resource: job="j" (derived from labels)')
  expect(lines).toContain('    start_time: 1970-01-01T00:00:01.000Z')
  expect(lines).toContain('    time: 1970-01-01T00:00:00.000000001Z')
  expect(lines).toContain('    monotonic: true')
})

test('a stale series says so, and nothing that a terminal obeys is written', async () => {
  const layout = layoutOf([series('\u001b[31m', { 'a\n': '\u009b31m', b: new Map([['\u202e', '\r']]) })])
  const [, line] = await written('normal', [staleBatch(layout, Int32Array.of(0), 1000)])
  expect(line).toBe(
    '  \\u001b[31m{a\\n="\\u009b31m",b="{\\"\\u202e\\":\\"\\\\r\\"}"} stale 1970-01-01T00:00:01.000Z',
  )
})

test('of a large delivery a thousand data points are shown, and the rest is counted; long lines are cut', async () => {
  const rows = Array.from(
    { length: 1005 },
    (_, n) => [series(n === 0 ? 'x'.repeat(9000) : `m${n}`), n] as const,
  )
  const lines = await written('normal', [batchOf(rows)])
  expect(lines.length).toBe(1003)
  expect(lines.at(-2)).toBe('  ... 5 more data points are not shown')
  expect(lines[1]?.length).toBeLessThan(4200)
})

test('after the first deliveries of a second each so many-th is shown', async () => {
  const context = testContext()
  const exporter = debug.create({ ...defaults, sampling_initial: 2, sampling_thereafter: 3 }, context)
  const shown = (): number => context.logger.lines.length
  for (let count = 0; count < 9; count++) exporter.consume([some()])
  expect(shown()).toBe(4)
  await context.clock.advance(1000)
  exporter.consume([some()])
  expect(shown()).toBe(5)
  const quiet = debug.create({ ...defaults, sampling_initial: 1, sampling_thereafter: 0 }, context)
  for (let count = 0; count < 9; count++) quiet.consume([some()])
  expect(shown()).toBe(6)
})

test('output that goes nowhere is a mistake, and a file that cannot be opened ends the start', async () => {
  const nowhere = { ...defaults, use_internal_logger: false, output_paths: [] }
  expect(() => checkConfig(nowhere)).toThrowError(ConfigError)
  const missing = { ...nowhere, output_paths: [join(folder, 'missing', 'out.txt')] }
  await expect(debug.create(missing, testContext()).start?.()).rejects.toThrow('ENOENT')
})

test('where a reader is too slow lines are left out, and their number is told', async () => {
  const path = join(folder, 'out.txt')
  const text: DebugConfig = {
    ...defaults,
    verbosity: 'normal',
    use_internal_logger: false,
    output_paths: [path],
  }
  const exporter = debug.create(text, testContext())
  await exporter.start?.()
  const rows = Array.from(
    { length: 1000 },
    (_, n) => [series('x'.repeat(4000), { n: String(n) }), n] as const,
  )
  // Nothing is written while this turn of the event loop lasts.
  exporter.consume([batchOf(rows)])
  exporter.consume([batchOf(rows)])
  await vi.waitFor(async () => {
    exporter.consume([some()])
    expect(await readFile(path, 'utf8')).toMatch(/\.\.\. \d+ lines are missing: the reader was too slow\n/)
  })
  await exporter.stop?.(AbortSignal.timeout(10_000))
})
