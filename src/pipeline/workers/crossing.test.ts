import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Intake } from '#src/queue/intake.ts'
import { FakeClock } from '#src/testing/fake-clock.ts'
import { MemoryQueue } from '#src/queue/memory-queue.ts'
import type { EncodedRequest, SinkLimits } from '#src/queue/request-queue.ts'
import { Ledger, type LedgerCounts } from '#src/telemetry/ledger.ts'
import { Inbox } from './inbox.ts'
import { Outbox } from './outbox.ts'
import type { FromWorker, OutboxReport, RequestMessage, ToWorker } from './worker-message.ts'

interface Report {
  readonly kind: 'state'
  readonly counts: LedgerCounts
  readonly outbox: OutboxReport
}

/** Both sides of a crossing, between which messages wait until a test hands them over. */
class Crossing {
  readonly ledger = new Ledger()
  readonly outbox: Outbox
  readonly inbox: Inbox
  readonly queue: MemoryQueue
  readonly toMain: (RequestMessage | Report)[] = []
  readonly toWorker: ToWorker[] = []
  /** What the pool of the worker got back. */
  readonly returned: number[] = []
  last: Report | undefined
  /** Data points by what the peer did. */
  readonly outcomes = { deliver: 0, reject: 0, drop: 0 }
  exists = true
  /** What the exporter on the main thread wants. */
  format: string | undefined

  constructor(limits: SinkLimits & { maxRequests?: number } = { maxBytes: 1e6, whenFull: 'refuse' }) {
    this.queue = new MemoryQueue(1, { maxRequests: 1000, ...limits }, new FakeClock(), (request) => {
      for (const { intake, points } of request.shares) {
        this.outcomes.drop += points
        intake.drop(points, 'queue_full')
      }
      request.release()
    })
    this.outbox = new Outbox('push', 7, limits, (message, transfer = []) => {
      this.toMain.push(structuredClone(message as RequestMessage & FromWorker, { transfer: [...transfer] }))
    })
    this.inbox = new Inbox(7, {
      queue: () => (this.exists ? Object.assign(this.queue, { format: this.format }) : undefined),
      post: (message, transfer = []) => {
        this.toWorker.push(structuredClone(message, { transfer: [...transfer] }))
      },
      now: () => 5,
    })
  }

  accept(points: number): Intake {
    this.ledger.accepted += points
    return new Intake(points, this.ledger, undefined)
  }

  /** Puts a request of these shares in; each byte of its body is its number of shares. */
  send(shares: readonly (readonly [Intake, points: number])[], bytes = 100): void {
    const memory = Buffer.allocUnsafeSlow(bytes + 8)
    memory.fill(shares.length)
    this.outbox.enqueue({
      shard: 0,
      format: '1.0',
      samples: 1,
      queuedAt: 1,
      body: memory.subarray(3, 3 + bytes),
      shares: shares.map(([intake, points]) => ({ intake, points })),
      release: (back = memory) => void this.returned.push(back.length),
    })
  }

  report(): void {
    this.toMain.push({ kind: 'state', counts: this.ledger.counts(), outbox: this.outbox.report() })
  }

  /** Hands one message over, if there is one. */
  handToMain(): void {
    const message = this.toMain.shift()
    if (message?.kind === 'request') this.inbox.take(message)
    else if (message !== undefined) {
      this.last = message
      this.inbox.acknowledge(message.outbox)
    }
  }

  handToWorker(): void {
    const message = this.toWorker.shift()
    if (message?.kind === 'settled') this.outbox.settle(message)
    else if (message?.kind === 'returned') this.outbox.takeBack(message)
    else if (message?.kind === 'queue') this.outbox.noteState(message)
  }

  handAll(): void {
    while (this.toMain.length > 0) this.handToMain()
    while (this.toWorker.length > 0) this.handToWorker()
  }

  /** The peer answers for the oldest request. */
  answer(how: 'deliver' | 'reject' | 'drop'): EncodedRequest | undefined {
    const request = this.queue.take(0)
    if (request === undefined) return undefined
    this.queue.settled(request)
    for (const { intake, points } of request.shares) {
      this.outcomes[how] += points
      if (how === 'deliver') intake.deliver(points)
      else intake[how](points, how)
    }
    request.release()
    return request
  }

  die(): Ledger {
    const { counts = new Ledger().counts(), outbox = { posted: 0, settled: 0 } } = this.last ?? {}
    return this.inbox.inherit(counts, outbox)
  }
}

describe('a request that crosses', () => {
  test('is the same on the main thread, with memory that is not copied, and its outcome comes back', () => {
    const crossing = new Crossing()
    const intake = crossing.accept(5)
    crossing.send([[intake, 5]])
    crossing.handAll()
    expect(crossing.ledger).toMatchObject({ accepted: 5, queued: 5 })
    const request = crossing.answer('deliver')
    expect(request).toMatchObject({ shard: 0, format: '1.0', samples: 1, queuedAt: 5 })
    // What was handed over is gone: it went back.
    expect(request?.body.length).toBe(0)
    crossing.handAll()
    expect(crossing.ledger).toMatchObject({ accepted: 5, queued: 0, delivered: 5, imbalance: 0 })
    expect(crossing.returned).toEqual([108])
    expect(crossing.outbox.done).toBe(true)
  })

  test('may carry shares of several calls, each with an outcome of its own, and parts of it', () => {
    const crossing = new Crossing()
    const [first, second] = [crossing.accept(4), crossing.accept(6)]
    crossing.send([
      [first, 4],
      [second, 6],
    ])
    crossing.handAll()
    const request = crossing.queue.take(0)
    expect(request?.body).toEqual(Buffer.alloc(100, 2))
    request?.shares[0]?.intake.reject(4, 'http_400')
    request?.shares[1]?.intake.reject(2, 'http_400')
    request?.shares[1]?.intake.deliver(3)
    expect(crossing.toWorker).toEqual([])
    request?.shares[1]?.intake.drop(1, 'shutdown')
    crossing.handAll()
    expect(crossing.ledger.counts()).toMatchObject({
      accepted: 10,
      refused: 0,
      restored: 0,
      delivered: 3,
      queued: 0,
      rejected: [['http_400', 6]],
      dropped: [['shutdown', 1]],
    })
  })

  test('without data points, as metadata is, gives its memory back all the same', () => {
    const crossing = new Crossing()
    crossing.send([])
    crossing.handAll()
    crossing.answer('deliver')
    crossing.handAll()
    expect(crossing.outbox.done).toBe(true)
  })

  test('is copied where its memory is shared with others', () => {
    const crossing = new Crossing()
    const body = Buffer.from('shared')
    crossing.outbox.enqueue({
      shard: 0,
      format: '1.0',
      samples: 0,
      queuedAt: 0,
      body,
      shares: [],
      release: () => undefined,
    })
    crossing.handAll()
    expect(crossing.queue.take(0)?.body.toString()).toBe('shared')
    expect(body.toString()).toBe('shared')
  })

  test('tells the worker by its return in which format others are wanted', () => {
    const crossing = new Crossing()
    expect(crossing.outbox.format).toBeUndefined()
    crossing.format = '1.0'
    crossing.send([[crossing.accept(1), 1]])
    crossing.handAll()
    expect(crossing.outbox.format).toBe('1.0')
  })

  test('is dropped, and counted, where the exporter of the main thread could not be made', () => {
    const crossing = new Crossing()
    crossing.exists = false
    crossing.send([[crossing.accept(3), 3]])
    crossing.handAll()
    expect(crossing.ledger.dropped.get('exporter_failed')).toBe(3)
    expect(crossing.outbox.done).toBe(true)
  })
})

describe('the worker refuses', () => {
  test('what is more than its part of the queue, but one request may be as large as it is', () => {
    const crossing = new Crossing({ maxBytes: 1000, whenFull: 'refuse' })
    expect(crossing.outbox.admits(5000)).toBe(true)
    crossing.send([[crossing.accept(1), 1]], 600)
    expect(crossing.outbox.admits(400)).toBe(true)
    expect(crossing.outbox.admits(401)).toBe(false)
    crossing.handAll()
    crossing.answer('deliver')
    crossing.handAll()
    expect(crossing.outbox.admits(1000)).toBe(true)
  })

  test('while the queue is full, by whomever, and goes on when there is room', () => {
    const crossing = new Crossing({ maxBytes: 1e6, whenFull: 'refuse', maxRequests: 2 })
    for (let index = 0; index < 2; index++) crossing.send([[crossing.accept(1), 1]])
    crossing.handAll()
    expect(crossing.outbox.admits(1)).toBe(false)
    crossing.answer('deliver')
    crossing.handAll()
    expect(crossing.outbox.admits(1)).toBe(true)
  })

  test('nothing for ever where others keep the queue full: with nothing in it the worker tries again', () => {
    const crossing = new Crossing({ maxBytes: 1e6, whenFull: 'refuse', maxRequests: 1 })
    crossing.send([[crossing.accept(1), 1]])
    crossing.handAll()
    const other = { shard: 0, format: '1.0', samples: 0, queuedAt: 0, body: Buffer.alloc(1), shares: [] }
    crossing.queue.enqueue({ ...other, release: () => undefined })
    crossing.queue.enqueue({ ...other, release: () => undefined })
    expect(crossing.outbox.admits(1)).toBe(false)
    crossing.answer('deliver')
    crossing.handAll()
    expect(crossing.queue.admits(0)).toBe(false)
    expect(crossing.outbox.admits(1)).toBe(true)
  })

  test('nothing where the oldest makes room', () => {
    const crossing = new Crossing({ maxBytes: 250, whenFull: 'drop_oldest' })
    for (let index = 0; index < 5; index++) {
      crossing.send([[crossing.accept(1), 1]])
      crossing.handAll()
    }
    expect(crossing.outbox.admits(1)).toBe(true)
    expect(crossing.ledger).toMatchObject({ queued: 2, imbalance: 0 })
    expect(crossing.ledger.dropped.get('queue_full')).toBe(3)
  })
})

describe('when a worker dies', () => {
  test('what it had not posted is lost, what it had is settled, and what came after its last report is counted', () => {
    const crossing = new Crossing()
    const intake = crossing.accept(10)
    crossing.send([[intake, 4]])
    crossing.report()
    crossing.handAll()
    // Of the six that it had then, five were posted.
    crossing.send([[intake, 5]])
    crossing.handAll()
    const account = crossing.die()
    expect(account).toMatchObject({ accepted: 10, queued: 9, imbalance: 0 })
    expect(account.dropped.get('worker_died')).toBe(1)
    crossing.answer('deliver')
    crossing.answer('reject')
    expect(account).toMatchObject({ accepted: 10, delivered: 4, queued: 0, imbalance: 0 })
    expect(account.rejected.get('reject')).toBe(5)
    expect(crossing.toWorker).toEqual([])
  })

  test('what was accepted and posted after its last report is accepted', () => {
    const crossing = new Crossing()
    crossing.report()
    crossing.send([[crossing.accept(3), 3]])
    crossing.handAll()
    expect(crossing.die()).toMatchObject({ accepted: 3, queued: 3, imbalance: 0 })
  })

  test('what it was told and did not take counts as told', () => {
    const crossing = new Crossing()
    crossing.send([[crossing.accept(3), 3]])
    crossing.report()
    crossing.handToMain()
    crossing.handToMain()
    crossing.answer('deliver')
    expect(crossing.die()).toMatchObject({ accepted: 3, delivered: 3, queued: 0, imbalance: 0 })
  })

  test('what a durable queue has stays queued in its account: the queue takes it away from its own', () => {
    const crossing = new Crossing()
    crossing.send([[crossing.accept(3), 3]])
    crossing.handAll()
    crossing.queue.take(0)?.shares[0]?.intake.keep(3)
    crossing.handAll()
    crossing.report()
    crossing.handAll()
    expect(crossing.die()).toMatchObject({ accepted: 3, queued: 3, imbalance: 0 })
  })

  const step = fc.oneof(
    { weight: 3, arbitrary: fc.record({ send: fc.integer({ min: 1, max: 9 }), keep: fc.nat(3) }) },
    { weight: 3, arbitrary: fc.constantFrom('handToMain', 'handToWorker', 'report') },
    { weight: 2, arbitrary: fc.constantFrom('deliver', 'reject', 'drop') },
  )

  test('the law holds in its account before and after, whatever was on its way', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const crossing = new Crossing({ maxBytes: 550, whenFull: 'drop_oldest' })
        for (const each of steps) {
          if (typeof each === 'object') {
            // Some of what is accepted waits for the next request, which never comes.
            crossing.send([[crossing.accept(each.send + each.keep), each.send]])
          } else if (each === 'deliver' || each === 'reject' || each === 'drop') crossing.answer(each)
          else crossing[each]()
          expect(crossing.ledger.imbalance).toBe(0)
        }
        const account = crossing.die()
        expect(account.imbalance).toBe(0)
        while (crossing.answer('deliver') !== undefined) expect(account.imbalance).toBe(0)
        const { deliver, reject, drop } = crossing.outcomes
        expect(account).toMatchObject({ queued: 0, imbalance: 0, delivered: deliver })
        expect(account.rejected.total).toBe(reject)
        expect(account.dropped.total - account.dropped.get('worker_died')).toBe(drop)
      }),
      { numRuns: 500 },
    )
  })

  test('after its last words nothing is guessed', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const crossing = new Crossing()
        for (const each of steps) {
          if (typeof each === 'object') crossing.send([[crossing.accept(each.send + each.keep), each.send]])
          else if (each === 'deliver' || each === 'reject' || each === 'drop') crossing.answer(each)
          else crossing[each]()
        }
        crossing.report()
        while (crossing.toMain.length > 0) crossing.handToMain()
        const account = crossing.die()
        const kept = steps.reduce((sum, each) => sum + (typeof each === 'object' ? each.keep : 0), 0)
        expect(account.accepted).toBe(crossing.ledger.accepted)
        expect(account.dropped.get('worker_died')).toBe(kept)
      }),
    )
  })
})
