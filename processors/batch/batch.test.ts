import fc from 'fast-check'
import { expect, test } from 'vitest'
import { internAttributes } from '#src/model/attribute-set.ts'
import { staleBatch, type Batch } from '#src/model/batch.ts'
import { Source } from '#src/model/source.ts'
import { Receipt, type Settlement } from '#src/pipeline/receipt.ts'
import { samplesOf } from '#src/testing/captured-batches.ts'
import { testContext } from '#src/testing/context.ts'
import { batchOf, series } from '#src/testing/series.ts'
import { BatchingProcessor } from './batching-processor.ts'
import { checkSizes } from './config.ts'
import batch from './index.ts'

const defaults = {
  send_batch_size: 8192,
  timeout: 200,
  send_batch_max_size: 0,
  metadata_keys: [],
  metadata_cardinality_limit: 1000,
}

/** A batch of so many series. */
function points(count: number, name = 'x', source = new Source('test', name)): Batch {
  return batchOf(
    Array.from({ length: count }, (_, index) => [series(name, { n: String(index) }), index] as const),
    { source },
  )
}

function made(size: number, maxSize = 0, timeoutMs = 200) {
  const context = testContext()
  return { context, processor: new BatchingProcessor({ size, maxSize, timeoutMs }, context) }
}

function receiptWith(settlements: Settlement[]): Receipt {
  return new Receipt((settlement) => settlements.push(settlement))
}

test('batches are held until there are enough points, then handed on as one list of the same objects', () => {
  const { context, processor } = made(10)
  const first = points(4)
  const second = points(6)
  expect(processor.consume([first])).toBe(true)
  expect(context.next.batches).toEqual([])
  processor.consume([second])
  expect(context.next.batches[0]).toBe(first)
  expect(context.next.batches[1]).toBe(second)
  expect(context.clock.waiting).toBe(0)
})

test('what is held goes on after the timeout, counted from the first point', async () => {
  const { context, processor } = made(100)
  processor.consume([points(1)])
  await context.clock.advance(150)
  processor.consume([points(1)])
  expect(context.next.points).toBe(0)
  await context.clock.advance(50)
  expect(context.next.points).toBe(2)
  await context.clock.advance(1000)
  expect(context.next.points).toBe(2)
})

test.each([
  { size: 0, timeoutMs: 200 },
  { size: 100, timeoutMs: 0 },
])('with $size points and $timeoutMs ms nothing is held', ({ size, timeoutMs }) => {
  const { context, processor } = made(size, 0, timeoutMs)
  processor.consume([points(1)])
  expect(context.next.points).toBe(1)
  expect(context.clock.waiting).toBe(0)
})

test('no list is larger than send_batch_max_size; every sample arrives once, in order', () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 4 }), { maxLength: 8 }),
      fc.integer({ min: 1, max: 7 }),
      fc.integer({ min: 0, max: 5 }),
      (calls, size, more) => {
        const { context, processor } = made(size, size + more)
        const lists: number[] = []
        const { next } = context
        const consume = next.consume.bind(next)
        next.consume = (batches, receipt) => {
          lists.push(batches.reduce((sum, each) => sum + each.size, 0))
          return consume(batches, receipt)
        }
        const sent: Batch[] = []
        for (const counts of calls) {
          const batches = counts.map((count, index) => points(count, `m${index}`))
          sent.push(...batches)
          processor.consume(batches)
        }
        processor.stop()
        expect(Math.max(0, ...lists)).toBeLessThanOrEqual(size + more)
        expect(next.samples).toEqual(sent.flatMap(samplesOf))
      },
    ),
  )
})

test('a sparse batch with holes is cut by points, and exemplars stay with their slots', () => {
  const whole = points(6)
  const attributes = internAttributes(['trace_id', 'a'])
  const holes = batchOf(
    Array.from({ length: 6 }, (_, index) => [series('y', { n: String(index) }), index] as const),
    {
      slots: Int32Array.of(0, 2, 3, 5, 9),
      exemplars: [
        { slot: 2, value: 1, time: 1, attributes },
        { slot: 5, value: 2, time: 1, attributes },
      ],
    },
  )
  const { context, processor } = made(3, 3)
  processor.consume([holes])
  processor.consume([whole.withSlots(Int32Array.of(1))])
  processor.stop()
  expect(context.next.batches.map((each) => each.size)).toEqual([3, 1, 1])
  expect(context.next.batches.map((each) => each.exemplars?.map(({ slot }) => slot))).toEqual([
    [2],
    [5],
    undefined,
  ])
})

test('stale markers keep their place before the samples that follow', async () => {
  const { context, processor } = made(100)
  const before = points(2)
  processor.consume([staleBatch(before.layout, Int32Array.of(0, 1), 5), points(2)])
  await context.clock.advance(200)
  expect(context.next.samples.map(({ value }) => value)).toEqual(['stale', 'stale', 0, 1])
})

test('empty batches are handed on too: they show that a source still speaks', async () => {
  const { context, processor } = made(100)
  processor.consume([points(0)])
  await context.clock.advance(200)
  expect(context.next.batches.length).toBe(1)
})

test('a source that ends is flushed first', () => {
  const { context, processor } = made(100)
  const source = new Source('test', 'a')
  processor.consume([points(1, 'a', source)])
  processor.forget(new Source('test', 'b'))
  expect(context.next.points).toBe(0)
  processor.forget(source)
  expect(context.next.points).toBe(1)
  expect(context.next.forgotten.map(({ part }) => part)).toEqual(['b', 'a'])
})

test('receipts stay open until all parts of their batches are settled downstream', () => {
  const { context, processor } = made(4, 4)
  context.next.held = []
  const settlements: Settlement[] = []
  const receipt = receiptWith(settlements)
  processor.consume([points(6)], receipt)
  receipt.settle()
  processor.stop()
  expect(context.next.held.length).toBe(2)
  context.next.held[0]?.settle()
  expect(settlements).toEqual([])
  context.next.held[1]?.settle()
  expect(settlements).toEqual([{ delivered: true, rejected: 0 }])
})

test('what the peer rejects is told to the senders, to none more than it sent', () => {
  const { context, processor } = made(5)
  context.next.held = []
  const settlements: Settlement[] = []
  for (const count of [2, 3]) {
    const receipt = receiptWith(settlements)
    processor.consume([points(count)], receipt)
    receipt.settle()
  }
  context.next.held[0]?.reject(3, 'no')
  expect(settlements).toEqual([
    { delivered: true, reason: 'no', rejected: 2 },
    { delivered: true, reason: 'no', rejected: 3 },
  ])
})

test('a refusal downstream is counted as dropped, and fails the receipt', () => {
  const { context, processor } = made(2)
  context.next.accepting = false
  const settlements: Settlement[] = []
  const receipt = receiptWith(settlements)
  expect(processor.consume([points(3)], receipt)).toBe(true)
  receipt.settle()
  expect(context.ledger.dropped.get('refused_downstream')).toBe(3)
  expect(settlements).toEqual([
    { delivered: false, reason: 'refused after the batch processor', rejected: 0 },
  ])
})

test('an error downstream is counted the same way, and logged', () => {
  const { context, processor } = made(2)
  context.next.consume = () => {
    throw new Error('broken')
  }
  processor.consume([points(3)])
  expect(context.ledger.dropped.get('refused_downstream')).toBe(3)
  expect(context.logger.lines.map(({ level }) => level)).toEqual(['error'])
})

test('metadata_keys is accepted with a warning', () => {
  const context = testContext()
  batch.create({ ...defaults, metadata_keys: ['tenant'] }, context)
  expect(context.logger.lines.map(({ message }) => message)).toEqual([
    'metadata_keys has no effect: all clients are batched together',
  ])
})

test('a largest size below the size is a mistake at its key', () => {
  expect(() => checkSizes({ ...defaults, send_batch_max_size: 100 })).toThrowError(
    expect.objectContaining({ path: ['send_batch_max_size'] }),
  )
  expect(() => checkSizes({ ...defaults, send_batch_max_size: 8192 })).not.toThrow()
})
