import { expect, test } from 'vitest'
import { systemClock } from '#src/component/clock.ts'
import type { EncodedRequest, RequestSink } from '#src/queue/request-queue.ts'
import { testContext } from '#src/testing/context.ts'
import { optionsOf } from '#src/testing/options.ts'
import { RemoteWriteReceiver } from '#src/testing/remote-write-receiver.ts'
import { batchOf, series } from '#src/testing/series.ts'
import { Config } from './config.ts'
import definition from './index.ts'

/** What the main thread would take. */
class TestOutbox implements RequestSink {
  readonly limits = { maxBytes: 1e6, whenFull: 'refuse' } as const
  format: string | undefined
  admitting = true
  readonly requests: EncodedRequest[] = []
  #tell: () => void = () => undefined

  admits(): boolean {
    return this.admitting
  }

  enqueue(request: EncodedRequest): void {
    this.requests.push(request)
    this.#tell()
  }

  async until(count: number): Promise<void> {
    while (this.requests.length < count) await new Promise<void>((resolve) => (this.#tell = resolve))
  }
}

function made(options: object, outbox?: RequestSink) {
  const context = { ...testContext('prometheus_remote_write'), clock: systemClock, outbox }
  const config = optionsOf(Config, { batch_send_deadline: '1ms', ...options })
  const exporter = definition.create(config, context)
  const { ledger } = context
  return { exporter, ledger, deadline: AbortSignal.timeout(1000) }
}

const one = [batchOf([[series('x'), 1]])]

test('in a worker it encodes, and what it made is sent by the instance on the main thread', async () => {
  await using receiver = await RemoteWriteReceiver.start()
  const outbox = new TestOutbox()
  const half = made({ endpoint: 'http://localhost:1/nobody' }, outbox)
  expect(half.exporter.consume(one)).toBe(true)
  await outbox.until(1)
  const [request] = outbox.requests
  if (request === undefined) throw new Error('there is one')
  expect(half.ledger.queued).toBe(1)

  const whole = made({ endpoint: receiver.url })
  expect(whole.exporter.queue?.limits).toEqual({
    maxBytes: 128 << 20,
    maxRequests: 10_000,
    whenFull: 'refuse',
  })
  whole.exporter.queue?.enqueue(request)
  await receiver.until(({ requests }) => requests.length === 1)
  await whole.exporter.stop?.(whole.deadline)
  expect(half.ledger).toMatchObject({ delivered: 1, queued: 0 })
  expect(whole.ledger).toMatchObject({ accepted: 0, delivered: 0 })
  await half.exporter.stop?.(half.deadline)
})

test('in a worker it refuses while the main thread has no room, and a stop hands over what is not full', async () => {
  const outbox = new TestOutbox()
  const { exporter, deadline } = made({ endpoint: 'http://localhost:1/', batch_send_deadline: '1h' }, outbox)
  outbox.admitting = false
  expect(exporter.consume(one)).toBe(false)
  outbox.admitting = true
  expect(exporter.consume(one)).toBe(true)
  await exporter.stop?.(deadline)
  expect(outbox.requests.length).toBe(1)
})

test('in a worker it speaks what the main thread found out that the receiver knows', async () => {
  const outbox = new TestOutbox()
  const { exporter, deadline } = made({ endpoint: 'http://localhost:1/', protobuf_message: 'auto' }, outbox)
  exporter.consume(one)
  await outbox.until(1)
  outbox.format = '1.0'
  exporter.consume(one)
  await outbox.until(2)
  expect(outbox.requests.map(({ format }) => format)).toEqual(['2.0', '1.0'])
  await exporter.stop?.(deadline)
})
