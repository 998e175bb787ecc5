import { expect, test } from 'vitest'
import { Receipt, type Settlement } from '#src/pipeline/receipt.ts'
import { Ledger } from '#src/telemetry/ledger.ts'
import { FakeClock } from '#src/testing/fake-clock.ts'
import { Backoff } from './backoff.ts'
import { Intake } from './intake.ts'
import { MemoryQueue } from './memory-queue.ts'
import { pause } from './pause.ts'
import { pointsOf, type EncodedRequest } from './request-queue.ts'

function request(shard: number, bytes: number, queuedAt = 0): EncodedRequest {
  return {
    shard,
    body: Buffer.alloc(bytes),
    format: 'test',
    shares: [],
    samples: 0,
    queuedAt,
    release: () => undefined,
  }
}

function queueOf(limits: Partial<MemoryQueue['limits']> = {}) {
  const dropped: EncodedRequest[] = []
  const clock = new FakeClock()
  const queue = new MemoryQueue(
    2,
    { maxBytes: 100, maxRequests: 10, whenFull: 'refuse', ...limits },
    clock,
    (each) => dropped.push(each),
  )
  return { queue, clock, dropped }
}

test('the oldest is the one that was put in first and is not settled, in flight or not', () => {
  const { queue, clock } = queueOf()
  expect(queue.status.oldest).toBeUndefined()
  const now = clock.now()
  const started = clock.monotonic()
  const [a, b] = [request(0, 10, started - 3000), request(1, 10, started - 1000)]
  queue.enqueue(a)
  queue.enqueue(b)
  expect(queue.status.oldest).toBe(now - 3000)
  queue.take(0)
  expect(queue.status.oldest).toBe(now - 3000)
  queue.settled(a)
  expect(queue.status.oldest).toBe(now - 1000)
})

test('requests of a shard come out in their order, and count until they are settled', () => {
  const { queue } = queueOf()
  const told: number[] = []
  queue.onReady((shard) => told.push(shard))
  const [a, b, c] = [request(0, 10), request(1, 20), request(0, 30)]
  for (const each of [a, b, c]) queue.enqueue(each)
  expect(told).toEqual([0, 1, 0])
  expect([queue.take(0), queue.take(0), queue.take(0), queue.take(1)]).toEqual([a, c, undefined, b])
  expect([queue.bytes, queue.requests]).toEqual([60, 3])
  queue.settled(a)
  expect([queue.bytes, queue.requests]).toEqual([50, 2])
})

test('what takes the place of a request comes next', () => {
  const { queue } = queueOf()
  const [whole, after] = [request(0, 40), request(0, 5)]
  queue.enqueue(whole)
  queue.enqueue(after)
  queue.take(0)
  const halves = [request(0, 20), request(0, 21)]
  queue.settled(whole, halves)
  expect([queue.bytes, queue.requests]).toEqual([46, 3])
  expect([queue.take(0), queue.take(0), queue.take(0)]).toEqual([...halves, after])
})

test('it refuses what does not fit, by bytes and by number, but not the first', () => {
  const { queue } = queueOf({ maxRequests: 3 })
  expect(queue.admits(1000)).toBe(true)
  queue.enqueue(request(0, 60))
  expect([queue.admits(40), queue.admits(41)]).toEqual([true, false])
  queue.enqueue(request(0, 1))
  queue.enqueue(request(1, 1))
  expect(queue.admits(0)).toBe(false)
})

test('the oldest makes room where that is asked for, but not what is in flight', () => {
  const { queue, dropped } = queueOf({ whenFull: 'drop_oldest' })
  const [inFlight, old, young] = [request(0, 40, 1), request(1, 30, 2), request(0, 30, 3)]
  for (const each of [inFlight, young, old]) queue.enqueue(each)
  expect(queue.take(0)).toBe(inFlight)
  expect(queue.admits(20)).toBe(true)
  expect(dropped).toEqual([old])
  expect(queue.admits(80)).toBe(false)
  expect(dropped).toEqual([old, young])
  expect(queue.bytes).toBe(40)
})

test('a call is told when all its points are settled, with the first reason why some were lost', () => {
  const ledger = new Ledger()
  const settlements: Settlement[] = []
  const receipt = new Receipt((settlement) => settlements.push(settlement))
  const intake = new Intake(10, ledger, receipt)
  receipt.settle()
  ledger.accepted = 10
  expect([ledger.queued, ledger.imbalance, intake.open]).toEqual([10, 0, 10])
  intake.deliver(3)
  intake.reject(2, 'http_400')
  intake.drop(4, 'queue_full')
  intake.deliver(0)
  expect(settlements).toEqual([])
  intake.drop(1, 'malformed', 'rejected')
  expect(settlements).toEqual([{ delivered: false, reason: 'queue_full', rejected: 0 }])
  expect([ledger.delivered, ledger.queued, ledger.imbalance]).toEqual([3, 0, 0])
  expect(() => intake.deliver(1)).toThrow(/more data points/)
})

test('a call of which nothing was lost is told what was rejected, and nothing of what is left out on purpose', () => {
  const settlements: Settlement[] = []
  const receipt = new Receipt((settlement) => settlements.push(settlement))
  const [refused, filtered] = [1, 2].map(() => new Intake(10, new Ledger(), receipt))
  receipt.settle()
  refused?.reject(2, 'http_400')
  refused?.drop(3, 'malformed', 'rejected')
  refused?.deliver(5)
  filtered?.drop(10, 'relabel_dropped', 'none')
  expect(settlements).toEqual([{ delivered: true, reason: 'http_400', rejected: 5 }])
})

test('points of a request are those of its shares', () => {
  const intake = new Intake(5, new Ledger(), undefined)
  expect(
    pointsOf({
      ...request(0, 1),
      shares: [
        { intake, points: 2 },
        { intake, points: 3 },
      ],
    }),
  ).toBe(5)
})

test('waits grow up to a limit, each longer or shorter by its share at random', () => {
  const options = { initialMs: 100, maxMs: 1000, multiplier: 2, randomization: 0 }
  const waits = (random: number, randomization: number): number[] => {
    const backoff = new Backoff({ ...options, randomization }, () => random)
    return Array.from({ length: 6 }, () => backoff.next())
  }
  expect(waits(0.9, 0)).toEqual([100, 200, 400, 800, 1000, 1000])
  expect(waits(0, 0.5)).toEqual([50, 100, 200, 400, 500, 500])
  expect(waits(0, 1)).toEqual([0, 0, 0, 0, 0, 0])
  expect(waits(0.5, 1)).toEqual([100, 200, 400, 800, 1000, 1000])
  // As long as it is short of twice.
  expect(waits(1 - Number.EPSILON, 1).map(Math.round)).toEqual([200, 400, 800, 1600, 2000, 2000])
})

test('a pause ends with its time or with the signal, and leaves no timer', async () => {
  const clock = new FakeClock()
  const controller = new AbortController()
  const done: string[] = []
  const wait = async (name: string, ms: number): Promise<void> => {
    await pause(clock, ms, controller.signal)
    done.push(name)
  }
  const both = Promise.all([wait('short', 10), wait('long', 1000)])
  await clock.advance(10)
  expect(done).toEqual(['short'])
  controller.abort()
  await both
  expect([done, clock.waiting]).toEqual([['short', 'long'], 0])
  await wait('late', 1000)
  expect(done).toEqual(['short', 'long', 'late'])
})
