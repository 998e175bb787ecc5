import { expect, test } from 'vitest'
import { Source } from '#src/model/source.ts'
import { testContext } from '#src/testing/context.ts'
import { batchOf, series } from '#src/testing/series.ts'
import { noteOtherThreads } from '#src/telemetry/thread-memory.ts'
import { checkLimits, type MemoryLimiterConfig } from './config.ts'
import definition from './index.ts'
import { limitsOf } from './limits.ts'
import { MemoryLimiter } from './memory-limiter.ts'
import { processMemory, type Memory } from './memory.ts'

const mebibyte = 1024 * 1024
const config: MemoryLimiterConfig = {
  check_interval: 1000,
  limit_mib: 100,
  spike_limit_mib: 20,
  limit_percentage: 0,
  spike_limit_percentage: 0,
  min_gc_interval_when_soft_limited: 10_000,
  min_gc_interval_when_hard_limited: 0,
  max_gc_interval_when_soft_limited: 30_000,
  max_gc_interval_when_hard_limited: 30_000,
}

/** Memory that a test sets, in MiB. A collection frees `garbage`. */
class FakeMemory implements Memory {
  usedMib = 10
  heapMib = 10
  garbageMib = 0
  collections = 0
  readonly collect: (() => void) | undefined

  constructor(collects = true) {
    this.collect = collects ? () => this.#collectGarbage() : undefined
  }

  heap(): number {
    return this.heapMib * mebibyte
  }

  used(): number {
    return this.usedMib * mebibyte
  }

  available(): number {
    return 1000 * mebibyte
  }

  heapLimit(): number {
    return 500 * mebibyte
  }

  #collectGarbage(): void {
    this.collections++
    this.usedMib -= this.garbageMib
    this.garbageMib = 0
  }
}

function started(memory: FakeMemory, options: Partial<MemoryLimiterConfig> = {}) {
  const context = testContext()
  const limiter = new MemoryLimiter({ ...config, ...options }, context, memory)
  limiter.start()
  return { context, limiter }
}

const sample = [batchOf([[series('x'), 1]])]

test('data passes while memory is below the soft limit', async () => {
  const { context, limiter } = started(new FakeMemory())
  expect(limiter.consume(sample)).toBe(true)
  expect(context.next.batches[0]).toBe(sample[0])
})

test('above the soft limit data is refused, not dropped, until use is 5 % below it', async () => {
  const memory = new FakeMemory(false)
  const { context, limiter } = started(memory)
  memory.usedMib = 81
  await context.clock.advance(1000)
  expect(limiter.consume(sample)).toBe(false)
  expect(context.next.batches).toEqual([])
  expect(context.ledger.dropped.total).toBe(0)
  memory.usedMib = 77
  await context.clock.advance(1000)
  expect(limiter.consume(sample)).toBe(false)
  memory.usedMib = 75
  await context.clock.advance(1000)
  expect(limiter.consume(sample)).toBe(true)
  expect(context.logger.lines.map(({ level, message }) => [level, message])).toEqual([
    ['info', 'memory is limited'],
    ['warn', 'memory is above its soft limit: data is refused'],
    ['info', 'memory is back to normal: data is taken again'],
  ])
})

test('above the hard limit garbage is collected at each check, and data is taken again if that helps', async () => {
  const memory = new FakeMemory()
  const { context, limiter } = started(memory)
  memory.usedMib = 120
  memory.garbageMib = 100
  expect(limiter.consume(sample)).toBe(true)
  expect(memory.collections).toBe(1)
  expect(context.clock.waiting).toBe(0)
})

test('collections that free nothing are forced less and less often', async () => {
  const memory = new FakeMemory()
  const { context, limiter } = started(memory)
  memory.usedMib = 120
  expect(limiter.consume(sample)).toBe(false)
  await context.clock.advance(60_000)
  // At once, then after 1, 2, 4, 8, 16 and 30 seconds, of which the last are not over.
  expect(memory.collections).toBe(6)
  expect(limiter.consume(sample)).toBe(false)
  expect(context.logger.lines.filter(({ level }) => level === 'error').length).toBe(1)
})

test('above the soft limit garbage is collected every min_gc_interval_when_soft_limited', async () => {
  const memory = new FakeMemory()
  const { context, limiter } = started(memory, { max_gc_interval_when_soft_limited: 10_000 })
  memory.usedMib = 90
  expect(limiter.consume(sample)).toBe(false)
  await context.clock.advance(20_500)
  expect(memory.collections).toBe(3)
})

test("the heap's own limit counts, however much memory the host has", async () => {
  const memory = new FakeMemory(false)
  const { context, limiter } = started(memory, { limit_mib: 900, spike_limit_mib: 90 })
  // 90 % of 500 MiB, of which 90 % is soft.
  memory.heapMib = 404
  await context.clock.advance(1000)
  expect(limiter.consume(sample)).toBe(true)
  memory.heapMib = 406
  await context.clock.advance(1000)
  expect(limiter.consume(sample)).toBe(false)
})

test('the end of a source passes even while data is refused', async () => {
  const memory = new FakeMemory(false)
  const { context, limiter } = started(memory)
  memory.usedMib = 200
  await context.clock.advance(1000)
  expect(limiter.consume(sample)).toBe(false)
  const source = new Source('test', 'a')
  limiter.forget(source)
  expect(context.next.forgotten).toEqual([source])
})

test('memory is measured while there is data or data is refused, and not after a stop', async () => {
  const memory = new FakeMemory(false)
  const { context, limiter } = started(memory)
  expect(limiter.consume(sample)).toBe(true)
  expect(context.clock.waiting).toBe(0)
  memory.usedMib = 120
  // Measured less than an interval ago.
  await context.clock.advance(999)
  expect(limiter.consume(sample)).toBe(true)
  await context.clock.advance(1)
  expect(limiter.consume(sample)).toBe(false)
  expect(context.clock.waiting).toBe(1)
  await limiter.stop()
  expect(context.clock.waiting).toBe(0)
})

test('a limit above what the process may use is warned about', async () => {
  const { context } = started(new FakeMemory(), { limit_mib: 2000 })
  expect(context.logger.lines.map(({ level }) => level)).toEqual(['info', 'warn'])
})

test('the limits are in MiB, or in percent of what is available', () => {
  expect(limitsOf(config, 0)).toEqual({ hard: 100 * mebibyte, soft: 80 * mebibyte })
  expect(limitsOf({ ...config, spike_limit_mib: 0, limit_mib: 50 }, 0)).toEqual({
    hard: 50 * mebibyte,
    soft: 40 * mebibyte,
  })
  const percent = { ...config, limit_mib: 0, limit_percentage: 80, spike_limit_percentage: 20 }
  expect(limitsOf(percent, 1000)).toEqual({ hard: 800, soft: 600 })
  expect(limitsOf({ ...percent, spike_limit_percentage: 0 }, 1000)).toEqual({ hard: 800, soft: 640 })
})

test('all mistakes in the limits are told at once, each at its key', () => {
  const wrong = { ...config, check_interval: 0, spike_limit_mib: 100, max_gc_interval_when_soft_limited: 1 }
  expect(() => checkLimits(wrong)).toThrowError(
    expect.objectContaining({
      path: ['check_interval'],
      others: [
        expect.objectContaining({ path: ['spike_limit_mib'] }),
        expect.objectContaining({ path: ['max_gc_interval_when_soft_limited'] }),
      ],
    }),
  )
  expect(() => checkLimits({ ...config, limit_mib: 0 })).toThrowError(/limit_mib or limit_percentage/)
  expect(() =>
    checkLimits({ ...config, limit_mib: 0, limit_percentage: 20, spike_limit_percentage: 20 }),
  ).toThrowError(/spike_limit_percentage must be smaller/)
  expect(() => checkLimits(config)).not.toThrow()
})

test("the process' own memory is measured: buffers once, within what is available", async () => {
  const before = processMemory.used()
  const buffer = Buffer.alloc(50 * mebibyte, 1)
  expect(processMemory.used() - before).toBeGreaterThan(45 * mebibyte)
  expect(processMemory.used() - before).toBeLessThan(90 * mebibyte)
  expect(buffer.length).toBe(50 * mebibyte)
  expect(processMemory.available()).toBeGreaterThan(processMemory.used())
  expect(processMemory.heapLimit()).toBeGreaterThan(processMemory.heap())
  expect(processMemory.collect === undefined).toBe(globalThis.gc === undefined)
  noteOtherThreads(1000 * mebibyte)
  expect(processMemory.used() - before).toBeGreaterThan(1000 * mebibyte)
  noteOtherThreads(0)
  const context = testContext()
  const limiter = definition.create({ ...config, limit_mib: 0, limit_percentage: 90 }, context)
  if (!('consume' in limiter)) throw new Error('it consumes')
  await limiter.start?.()
  await context.clock.advance(0)
  expect(limiter.consume(sample)).toBe(true)
  await limiter.stop?.()
})
