import { isMarkedAsUntransferable } from 'node:worker_threads'
import type { EncodedRequest, RequestSink, SinkLimits } from '#src/queue/request-queue.ts'
import type {
  FromWorker,
  Outcome,
  OutboxReport,
  Post,
  QueueMessage,
  ReturnedMessage,
  SettledMessage,
} from './worker-message.ts'

/**
 * Where an exporter in a worker puts the requests that it encodes: they go to the instance on the main thread, with their
 * memory, and both come back. So memory is not copied, and is used again.
 */
export class Outbox implements RequestSink {
  readonly limits: SinkLimits
  readonly #exporter: string
  readonly #instance: number
  readonly #post: Post<FromWorker>
  /** Requests that are not settled, by id. */
  readonly #open = new Map<number, EncodedRequest>()
  /** Requests whose memory is on the main thread, by id, and how long their bodies were before it left. */
  readonly #away = new Map<number, { readonly length: number; readonly request: EncodedRequest }>()
  #awayBytes = 0
  #state: Pick<QueueMessage, 'full' | 'format'> = { full: false, format: undefined }
  #posted = 0
  #settled = 0

  /**
   * @param instance which instance of the exporters of this thread it belongs to
   * @param limits this worker's part of those of the queue
   */
  constructor(exporter: string, instance: number, limits: SinkLimits, post: Post<FromWorker>) {
    this.#exporter = exporter
    this.#instance = instance
    this.limits = limits
    this.#post = post
  }

  /** Whether everything that was posted came to an end. */
  get done(): boolean {
    return this.#open.size === 0 && this.#away.size === 0
  }

  get format(): string | undefined {
    return this.#state.format
  }

  admits(bytes: number): boolean {
    return !this.#state.full && (this.#away.size === 0 || this.#awayBytes + bytes <= this.limits.maxBytes)
  }

  enqueue(request: EncodedRequest): void {
    const { body, shares, release: _, ...plain } = request
    const memory = transferable(body)
    const id = ++this.#posted
    this.#open.set(id, request)
    this.#away.set(id, { length: body.length, request })
    this.#awayBytes += body.length
    this.#post(
      {
        kind: 'request',
        exporter: this.#exporter,
        instance: this.#instance,
        id,
        request: plain,
        memory,
        offset: memory === body.buffer ? body.byteOffset : 0,
        length: body.length,
        points: shares.map(({ points }) => points),
      },
      [memory],
    )
  }

  settle({ id, sequence, outcomes }: SettledMessage): void {
    this.#settled = sequence
    const { shares = [] } = this.#open.get(id) ?? {}
    this.#open.delete(id)
    if (outcomes === undefined) for (const { intake, points } of shares) intake.deliver(points)
    for (const outcome of outcomes ?? []) apply(outcome, shares)
  }

  takeBack({ id, memory }: ReturnedMessage): void {
    const away = this.#away.get(id)
    if (away === undefined) return
    this.#away.delete(id)
    this.#awayBytes -= away.length
    away.request.release(Buffer.from(memory))
  }

  noteState(message: QueueMessage): void {
    this.#state = message
  }

  report(): OutboxReport {
    return { instance: this.#instance, posted: this.#posted, settled: this.#settled }
  }
}

/** The memory of a body, to be transferred; a copy where it is shared with others. */
function transferable(body: Buffer): ArrayBuffer {
  const { buffer } = body
  return buffer instanceof ArrayBuffer && !isMarkedAsUntransferable(buffer)
    ? buffer
    : new Uint8Array(body).buffer
}

function apply(outcome: Outcome, shares: EncodedRequest['shares']): void {
  const intake = shares[outcome[1]]?.intake
  const points = outcome[2]
  if (outcome[0] === 'deliver') intake?.deliver(points)
  else if (outcome[0] === 'keep') intake?.keep(points)
  else if (outcome[0] === 'reject') intake?.reject(points, outcome[3])
  else intake?.drop(points, outcome[3], outcome[4])
}
