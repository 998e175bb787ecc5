import { expect, test, vi } from 'vitest'
import { Receipt, type Settlement } from '#src/pipeline/receipt.ts'
import { testContext } from '#src/testing/context.ts'
import { Backlog } from './backlog.ts'
import { Delivery, type DeliveryOptions } from './delivery.ts'
import type { Output, Written } from './output.ts'

const options: DeliveryOptions = { path: '/x', flushIntervalMs: 1000, fsync: 'never', fsyncIntervalMs: 5000 }

/** An output that keeps chunks, and does what a test says. */
class FakeOutput implements Output {
  readonly calls: string[] = []
  chunks: string[] = []
  /** What the next writes answer; all is written where there is none. */
  readonly answers: (Written | Promise<Written>)[] = []
  opening: Error | undefined
  syncing: Error | undefined

  async open(): Promise<void> {
    if (this.opening !== undefined) throw this.opening
    await Promise.resolve()
  }

  async write(chunks: readonly Buffer[]): Promise<Written> {
    const answer = (await this.answers.shift()) ?? { whole: chunks.length }
    this.calls.push(`write ${answer.whole} of ${chunks.length}`)
    this.chunks.push(...chunks.slice(0, answer.whole).map(String))
    return answer
  }

  async sync(): Promise<void> {
    this.calls.push('sync')
    if (this.syncing !== undefined) throw this.syncing
    await Promise.resolve()
  }

  async takeBack(): Promise<void> {
    this.calls.push('take back')
    this.chunks = []
    await Promise.resolve()
  }

  async close(): Promise<void> {
    this.calls.push('close')
    await Promise.resolve()
  }
}

function failure(code: string): Error {
  return Object.assign(new Error(`${code}: it failed`), { code })
}

function made(changed: Partial<DeliveryOptions> = {}) {
  const context = testContext()
  const backlog = new Backlog({ maxBytes: 10_000_000, whenFull: 'refuse' }, context.ledger)
  const output = new FakeOutput()
  const delivery = new Delivery({ ...options, ...changed }, context, backlog, output)
  const settlements: Settlement[] = []
  return {
    context,
    backlog,
    output,
    delivery,
    settlements,
    /** One data point that takes this text. */
    take: (text: string): void => {
      const receipt = new Receipt((settlement) => settlements.push(settlement))
      context.ledger.accepted++
      const intake = backlog.admit(1, receipt)
      receipt.settle()
      if (intake === undefined) throw new Error('there is room')
      backlog.add(intake, { bytes: Buffer.from(text), points: 1, malformed: 0 })
      delivery.wake()
    },
  }
}

test('what comes within the flush interval is written together, at its end', async () => {
  const { context, output, take } = made()
  take('a')
  await context.clock.advance(600)
  take('b')
  await context.clock.advance(399)
  expect(output.calls).toEqual([])
  await context.clock.advance(1)
  expect(output.calls).toEqual(['write 2 of 2'])
  expect(context.clock.waiting).toBe(0)
})

test('a megabyte, and with an interval of 0 everything, is written without waiting', async () => {
  const large = made()
  large.take('a'.repeat(1024 * 1024))
  await vi.waitFor(() => expect(large.context.ledger.delivered).toBe(1))
  const eager = made({ flushIntervalMs: 0 })
  eager.take('a')
  await vi.waitFor(() => expect(eager.context.ledger.delivered).toBe(1))
})

test('one write is under way at a time, of a megabyte or one chunk; what comes meanwhile follows it', async () => {
  const { context, output, take } = made({ flushIntervalMs: 0 })
  const { promise, resolve } = Promise.withResolvers<Written>()
  output.answers.push(promise)
  const chunk = 'x'.repeat(700_000)
  for (let count = 0; count < 3; count++) take(chunk)
  await context.clock.advance(5000)
  expect(output.calls).toEqual([])
  resolve({ whole: 1 })
  await vi.waitFor(() => expect(context.ledger.delivered).toBe(3))
  expect(output.calls).toEqual(['write 1 of 1', 'write 1 of 1', 'write 1 of 1'])
})

test('after a failure it tries again every second; what was written stays, the rest waits and goes in order', async () => {
  const { context, output, settlements, take } = made()
  output.answers.push({ whole: 1, error: failure('EIO') }, { whole: 0, error: failure('EIO') })
  for (const text of ['a', 'b', 'c']) take(text)
  await context.clock.advance(1000)
  expect(context.ledger).toMatchObject({ delivered: 1, queued: 2, imbalance: 0 })
  take('d')
  await context.clock.advance(1000)
  expect(settlements.length).toBe(1)
  await context.clock.advance(1000)
  expect(output.chunks).toEqual(['a', 'b', 'c', 'd'])
  expect(context.ledger).toMatchObject({ delivered: 4, queued: 0, imbalance: 0 })
  expect(context.logger.lines).toMatchObject([
    {
      level: 'error',
      message: 'the disk fails: data waits in memory',
      fields: { path: '/x', queued_points: 2 },
    },
    { level: 'error', fields: { queued_points: 3 } },
    { level: 'info', message: 'the output can be written again', fields: { failed_seconds: 2 } },
  ])
  expect(context.reports).toEqual([
    { state: 'recoverable_error', error: 'the disk fails: /x' },
    { state: 'recoverable_error', error: 'the disk fails: /x' },
    { state: 'ok', error: undefined },
  ])
})

test.each([
  ['ENOSPC', 'the disk is full', true],
  ['EDQUOT', 'the disk quota is used up', true],
  ['EROFS', 'the file system is read-only', false],
  ['EMFILE', 'the process may not open any more files', false],
  ['EWHATEVER', 'the output cannot be written', false],
])('the log says what %s means', async (code, meaning, free) => {
  const { context, output, take } = made()
  output.answers.push({ whole: 0, error: failure(code) })
  take('a')
  await context.clock.advance(1000)
  await vi.waitFor(() => expect(context.logger.lines.length).toBe(1))
  const [line] = context.logger.lines
  expect(line?.message).toBe(`${meaning}: data waits in memory`)
  expect(typeof line?.fields['bytes_free']).toBe(free ? 'number' : 'undefined')
})

test('with fsync at each flush nothing is delivered before it is forced to the disk', async () => {
  const { context, output, settlements, take } = made({ fsync: 'flush' })
  output.syncing = failure('EIO')
  take('a')
  take('b')
  await context.clock.advance(1000)
  expect(settlements).toEqual([])
  output.syncing = undefined
  await context.clock.advance(1000)
  expect(output.calls).toEqual(['write 2 of 2', 'sync', 'take back', 'write 2 of 2', 'sync'])
  expect(output.chunks).toEqual(['a', 'b'])
  expect(context.ledger).toMatchObject({ delivered: 2, queued: 0, imbalance: 0 })
})

test('with fsync by interval what was written is forced to the disk that much later, and tried again', async () => {
  const { context, output, take } = made({ fsync: 'interval', flushIntervalMs: 0 })
  take('a')
  await context.clock.advance(4000)
  take('b')
  output.syncing = failure('EIO')
  await context.clock.advance(1000)
  expect(output.calls).toEqual(['write 1 of 1', 'write 1 of 1', 'sync'])
  output.syncing = undefined
  await context.clock.advance(1000)
  expect(output.calls.slice(3)).toEqual(['sync'])
  expect(context.clock.waiting).toBe(0)
})

test('a drain writes all that waits, forces it to the disk and closes', async () => {
  const { context, output, delivery, take } = made({ fsync: 'interval' })
  take('a')
  await delivery.drain(AbortSignal.timeout(10_000))
  expect(output.calls).toEqual(['write 1 of 1', 'sync', 'close'])
  expect(context.clock.waiting).toBe(0)
})

test('a drain tries again after failures, until its deadline', async () => {
  const { context, output, delivery, take } = made()
  output.answers.push({ whole: 0, error: failure('ENOSPC') })
  take('a')
  const drained = delivery.drain(AbortSignal.timeout(10_000))
  await vi.waitFor(() => expect(context.clock.waiting).toBe(1))
  await context.clock.advance(1000)
  await drained
  expect(output.chunks).toEqual(['a'])

  const hopeless = made()
  hopeless.output.answers.push({ whole: 0, error: failure('ENOSPC') })
  hopeless.take('a')
  await hopeless.delivery.drain(AbortSignal.timeout(50))
  expect(hopeless.output.calls).toEqual(['write 0 of 1', 'close'])
})

test('a write that hangs does not hold up the end of a drain, and counts no more when it comes back', async () => {
  const { context, backlog, output, delivery, take } = made({ flushIntervalMs: 0 })
  const { promise, resolve } = Promise.withResolvers<Written>()
  output.answers.push(promise)
  take('a')
  await delivery.drain(AbortSignal.timeout(20))
  expect(output.calls).toEqual([])
  backlog.close('shutdown')
  expect(context.ledger).toMatchObject({ delivered: 0, queued: 0, imbalance: 0 })
  expect(context.ledger.dropped.get('shutdown')).toBe(1)
  resolve({ whole: 1 })
  await vi.waitFor(() => expect(output.calls).toEqual(['write 1 of 1', 'close']))
  expect(context.ledger).toMatchObject({ delivered: 0, imbalance: 0 })
})

test('what only a person can mend ends the start, with what to do; what may pass does not', async () => {
  const missing = made()
  missing.output.opening = failure('ENOENT')
  await expect(missing.delivery.start()).rejects.toThrow(
    'cannot write to /x: the directory does not exist: make it, or set create_directory: true',
  )
  const full = made()
  full.output.opening = failure('ENOSPC')
  await full.delivery.start()
  expect(full.context.reports).toMatchObject([{ state: 'recoverable_error' }])
  await full.context.clock.advance(1000)
  expect(full.context.reports.at(-1)).toMatchObject({ state: 'recoverable_error' })
  full.output.opening = undefined
  // The next try is planned once the file system was asked for its free space, which takes real time.
  await vi.waitFor(async () => {
    await full.context.clock.advance(1000)
    expect(full.context.reports.at(-1)).toEqual({ state: 'ok', error: undefined })
  })
})

test('an output that cannot be closed is told of, and ends nothing', async () => {
  const { context, delivery, output } = made()
  output.close = async () => Promise.reject(failure('EIO'))
  await delivery.drain(AbortSignal.timeout(10_000))
  expect(context.logger.lines).toMatchObject([{ level: 'warn', message: 'the output could not be closed' }])
})
