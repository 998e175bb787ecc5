import { expect, test } from 'vitest'
import type { Batch } from '#src/model/batch.ts'
import { Receipt, type Settlement } from '#src/pipeline/receipt.ts'
import type { Intake } from '#src/queue/intake.ts'
import { MemoryQueue } from '#src/queue/memory-queue.ts'
import type { EncodedRequest } from '#src/queue/request-queue.ts'
import { testContext } from '#src/testing/context.ts'
import { batchOf, series } from '#src/testing/series.ts'
import type { Encoding, EncodingEvents } from './encoding.ts'
import type { Answered, Peer } from './peer.ts'
import { PushExporter } from './push-exporter.ts'
import { Sender } from './sender.ts'

/** Makes one request of each batch; a byte for each data point. */
class PlainEncoding implements Encoding {
  readonly bytes = 0
  readonly format: string
  readonly #events: EncodingEvents

  constructor(format: string, events: EncodingEvents) {
    this.format = format
    this.#events = events
  }

  *encode(batches: readonly Batch[], intake: Intake): Generator<void> {
    for (const { size } of batches) {
      const shares = [{ intake, points: size }]
      const { format } = this
      this.#events.encoded(size, size)
      const body = Buffer.alloc(size)
      this.#events.done({
        shard: 0,
        format,
        body,
        samples: size,
        shares,
        queuedAt: 0,
        release: () => undefined,
      })
      yield
    }
  }

  forget(): void {
    // It remembers nothing.
  }

  flush(): void {
    // It holds nothing.
  }
}

/** A peer that says what a test wants, by the number of the attempt. */
class TestPeer implements Peer {
  readonly sent: EncodedRequest[] = []
  answer: (attempt: number, request: EncodedRequest) => Answered = () => ({ kind: 'delivered' })
  isClosed = false

  async send(request: EncodedRequest): Promise<Answered> {
    this.sent.push(request)
    return this.answer(this.sent.length, request)
  }

  cutInTwo(request: EncodedRequest): readonly [EncodedRequest, EncodedRequest] | undefined {
    const { samples, shares } = request
    const [share] = shares
    if (samples < 2 || share === undefined) return undefined
    const half = samples / 2
    const part = { ...request, samples: half, shares: [{ ...share, points: half }], release: () => undefined }
    return [part, { ...part }]
  }

  close(): void {
    this.isClosed = true
  }
}

function exporterOf(maxBytes = 1 << 20) {
  const context = testContext()
  const peer = new TestPeer()
  const queue = new MemoryQueue(
    1,
    { maxBytes, maxRequests: 1000, whenFull: 'refuse' },
    context.clock,
    () => undefined,
  )
  const backoff = { initialMs: 10, maxMs: 10, multiplier: 1, randomization: 0 }
  const sender = new Sender({ backoff, maxElapsedMs: 0, random: () => 0 }, queue, peer, context)
  const exporter = new PushExporter(
    {
      location: 'nowhere',
      queue,
      sender,
      format: () => 'plain',
      makeEncoding: (format, events) => new PlainEncoding(format, events),
      flushAfterMs: 0,
      omissions: {},
    },
    context,
  )
  const settlements: Settlement[] = []
  function take(batch: Batch): boolean {
    context.ledger.accepted += batch.size
    const receipt = new Receipt((settlement) => void settlements.push(settlement))
    const accepted = exporter.consume([batch], receipt)
    receipt.settle()
    if (!accepted) context.ledger.accepted -= batch.size
    return accepted
  }
  async function settled(): Promise<void> {
    while (context.ledger.queued > 0) await context.clock.advance(10)
    expect(context.ledger.imbalance).toBe(0)
  }
  return { exporter, peer, context, settlements, take, settled }
}

const eight = batchOf(Array.from({ length: 8 }, (_, index) => [series('m', { n: `${index}` }), index]))

test('what is not encoded yet is bounded too, also where the queue is empty', async () => {
  const { take, settled, context } = exporterOf(2000)
  // Of a data point nothing is known: it is taken for 100 bytes.
  expect([take(eight), take(eight), take(eight)]).toEqual([true, true, false])
  await settled()
  expect(take(eight)).toBe(true)
  await settled()
  expect(context.ledger.delivered).toBe(24)
})

test('one that is larger than the queue is taken alone', async () => {
  const { take, settled } = exporterOf(10)
  expect([take(eight), take(eight)]).toEqual([true, false])
  await settled()
  expect(take(eight)).toBe(true)
  await settled()
})

test('what the peer takes in part is delivered in part, and the rest is rejected for its reason', async () => {
  const { take, settled, peer, context, settlements } = exporterOf()
  peer.answer = () => ({
    kind: 'rejected',
    reason: 'partial_success',
    written: 6,
    said: { answer: 'too old' },
  })
  take(eight)
  await settled()
  expect(context.ledger).toMatchObject({ delivered: 6 })
  expect([...context.ledger.rejected]).toEqual([['partial_success', 2]])
  expect(settlements).toEqual([{ delivered: true, reason: 'partial_success', rejected: 2 }])
  expect(context.logger.lines).toMatchObject([
    { level: 'error', fields: { reason: 'partial_success', answer: 'too old', points: 8, written: 6 } },
  ])
})

test('what is too large goes in halves, in its order', async () => {
  const { take, settled, peer, context } = exporterOf()
  peer.answer = (_, { samples }) =>
    samples > 2 ? { kind: 'too_large', reason: 'too_large' } : { kind: 'delivered' }
  take(eight)
  await settled()
  expect(peer.sent.map(({ samples }) => samples)).toEqual([8, 4, 2, 2, 4, 2, 2])
  expect(context.ledger.delivered).toBe(8)
})

test('what is too large and cannot be cut is rejected', async () => {
  const { take, settled, peer, context } = exporterOf()
  peer.answer = () => ({ kind: 'too_large', reason: 'http_413' })
  take(batchOf([[series('m'), 1]]))
  await settled()
  expect([...context.ledger.rejected]).toEqual([['http_413', 1]])
})

test('what cannot be brought into another form is dropped, once', async () => {
  const { take, settled, peer, context } = exporterOf()
  peer.answer = () => ({ kind: 'unsendable', error: new Error('no') })
  take(eight)
  await settled()
  expect(peer.sent).toHaveLength(1)
  expect([...context.ledger.dropped]).toEqual([['encoding_failed', 8]])
})

test('in another form it is tried at once; after a failure it waits, and says how it fares', async () => {
  const { take, settled, peer, context } = exporterOf()
  const answers: readonly Answered[] = [
    { kind: 'changed' },
    { kind: 'retry', reason: 'http_503', error: new Error('busy'), afterMs: 50 },
    { kind: 'delivered' },
  ]
  peer.answer = (attempt) => answers[attempt - 1] ?? { kind: 'delivered' }
  take(eight)
  await context.clock.advance(0)
  expect(peer.sent).toHaveLength(2)
  await context.clock.advance(49)
  expect(peer.sent).toHaveLength(2)
  expect(context.reports).toMatchObject([{ state: 'recoverable_error', error: { message: 'busy' } }])
  await settled()
  expect(context.reports.at(-1)).toMatchObject({ state: 'ok' })
})

test('a stop ends the connection, and what comes later is refused', async () => {
  const { take, exporter, peer } = exporterOf()
  await exporter.stop(AbortSignal.timeout(1000))
  expect(peer.isClosed).toBe(true)
  expect(take(eight)).toBe(false)
})
