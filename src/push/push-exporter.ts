import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Exporter, PipelineContext } from '#src/component/define.ts'
import { every, type Schedule } from '#src/component/schedule.ts'
import type { Batch } from '#src/model/batch.ts'
import type { Source } from '#src/model/source.ts'
import { pointsIn } from '#src/pipeline/consumer.ts'
import type { Receipt } from '#src/pipeline/receipt.ts'
import { Intake } from '#src/queue/intake.ts'
import type { RequestSink } from '#src/queue/request-queue.ts'
import type { QueueStatus } from '#src/telemetry/queue-status.ts'
import type { Encoding, EncodingEvents, Omission } from './encoding.ts'
import type { Sender } from './sender.ts'

/** A call of `consume` that is not encoded yet. */
interface Call {
  readonly intake: Intake
  readonly batches: readonly Batch[]
  /** Whether somebody waits to be told what became of it. */
  readonly isAwaited: boolean
}

/** What an exporter that pushes works with. */
export interface PushParts<Form extends Encoding, Drop extends string = string> {
  /** Where it sends to, without what may be secret. */
  readonly location: string
  /** Where requests go: a queue, or in a worker thread the outbox. */
  readonly queue: RequestSink
  /** Undefined in a worker thread, where requests are only encoded. */
  readonly sender: Sender | undefined
  /** The format that is to be encoded in now. */
  readonly format: () => Form['format']
  readonly makeEncoding: (format: Form['format'], events: EncodingEvents<Drop>) => Form
  /** How long data waits at most for other data to share a request with, in milliseconds. */
  readonly flushAfterMs: number
  /** What is done about points that the encoding leaves out, by the reason. */
  readonly omissions: Readonly<Record<Drop, Omission>>
  /** What is sent from time to time besides the data; undefined for nothing. */
  readonly recurring?: Recurring<Form> | undefined
}

/** What is sent from time to time. */
export interface Recurring<Form> {
  readonly intervalMs: number
  readonly send: (encoding: Form) => void
}

/** Encoding gives way to other work after so many milliseconds. */
const sliceMs = 8
/** What a data point takes, until some were seen. */
const firstBytesPerPoint = 100

/**
 * Takes batches at once, encodes them in slices between which the event loop turns, and leaves requests to the sender. Data that
 * somebody waits for goes as soon as it is encoded, unless other such data is on its way: then, with all that came meanwhile, as
 * soon as that is settled. So a sender alone waits for the peer only, and requests of many are still joined.
 */
export class PushExporter<Form extends Encoding, Drop extends string = string> implements Exporter {
  readonly #context: PipelineContext
  readonly #parts: PushParts<Form, Drop>
  #encoding: Form
  /** Calls to encode, and sources to forget once what came before is encoded. */
  readonly #waiting: (Call | Source)[] = []
  /** Data points that are not encoded yet. */
  #unencoded = 0
  /** Of them, those of the call that is being encoded. */
  #current = 0
  #bytesPerPoint = firstBytesPerPoint
  #running: Promise<void> | undefined
  #cancelFlush: (() => void) | undefined
  /** What somebody waits for and is not settled: what was encoded since the last flush, and what is all in requests. */
  readonly #gathered = new Set<Intake>()
  readonly #onTheWay = new Set<Intake>()
  #recurring: Schedule | undefined
  #stopping = false
  #stopped = false

  constructor(parts: PushParts<Form, Drop>, context: PipelineContext) {
    this.#context = context
    this.#parts = parts
    this.#encoding = this.#makeEncoding()
  }

  get location(): string {
    return this.#parts.location
  }

  get queueStatus(): QueueStatus | undefined {
    return this.#parts.sender?.queueStatus
  }

  get queue(): RequestSink {
    const { queue, format } = this.#parts
    return {
      limits: queue.limits,
      format: format(),
      admits: (bytes) => queue.admits(bytes),
      enqueue: (request) => queue.enqueue(request),
    }
  }

  async start(): Promise<void> {
    await this.#parts.sender?.start()
    const { recurring } = this.#parts
    if (recurring === undefined) return
    const { clock, logger } = this.#context
    const { intervalMs } = recurring
    this.#recurring = every(clock, intervalMs, () => this.#recur(recurring), {
      initialDelayMs: intervalMs,
      onError: (error) => logger.error('what is sent from time to time could not be sent', { error }),
    })
  }

  consume(batches: readonly Batch[], receipt?: Receipt): boolean {
    const points = pointsIn(batches)
    if (points === 0) return true
    if (this.#stopping || !this.#admits(points)) return false
    this.#unencoded += points
    const intake = new Intake(points, this.#context.ledger, receipt, () => this.#settled(intake))
    this.#enqueue({ intake, batches, isAwaited: receipt !== undefined })
    return true
  }

  forget(source: Source): void {
    this.#enqueue(source)
  }

  async stop(deadline: AbortSignal): Promise<void> {
    this.#stopping = true
    await this.#recurring?.stop()
    const { promise: aborted, resolve: abort } = Promise.withResolvers<void>()
    deadline.addEventListener('abort', () => abort(), { once: true })
    if (!deadline.aborted) await Promise.race([this.#running, aborted])
    this.#stopped = true
    // What is being encoded when the deadline comes gives up after its slice.
    await this.#running
    this.#flush()
    for (const item of this.#waiting.splice(0)) {
      if ('batches' in item) item.intake.drop(item.intake.open, 'shutdown')
    }
    await this.#parts.sender?.drain(deadline)
  }

  /** Whether the queue will have room for so many data points more, with those that are still to be encoded. */
  #admits(points: number): boolean {
    const { queue } = this.#parts
    const waiting = this.#encoding.bytes + this.#unencoded * this.#bytesPerPoint
    const expected = waiting + points * this.#bytesPerPoint
    // An empty queue admits all: what is larger than it may come alone. But it is empty also while encoding does not keep up.
    if (waiting > 0 && expected > queue.limits.maxBytes) return false
    return queue.admits(expected)
  }

  #makeEncoding(): Form {
    const { queue, format, makeEncoding, omissions } = this.#parts
    return makeEncoding(format(), {
      encoded: (points, bytes) => {
        this.#settleUnencoded(points)
        if (points > 0) this.#bytesPerPoint += (bytes / points - this.#bytesPerPoint) / 64
      },
      dropped: (intake, points, reason) => {
        this.#settleUnencoded(points)
        const { answer, message } = omissions[reason]
        intake.drop(points, reason, answer)
        if (message !== undefined) this.#context.logger.warn(message, { points })
      },
      done: (request) => queue.enqueue(request),
    })
  }

  #settleUnencoded(points: number): void {
    this.#unencoded -= points
    this.#current -= points
  }

  #enqueue(item: Call | Source): void {
    if (this.#stopped) return
    this.#waiting.push(item)
    this.#running ??= this.#encodeAll()
  }

  async #encodeAll(): Promise<void> {
    // The call that brought the data returns first.
    await nextTurn()
    for (let item = this.#next(); item !== undefined; item = this.#next()) {
      if ('batches' in item) await this.#encode(item)
      else this.#encoding.forget(item)
    }
    this.#running = undefined
    if (!this.#stopped) this.#scheduleFlush()
  }

  #scheduleFlush(): void {
    if (this.#gathered.size > 0 && this.#onTheWay.size === 0) this.#flush()
    else this.#cancelFlush ??= this.#context.clock.after(this.#parts.flushAfterMs, () => this.#flush())
  }

  #settled(intake: Intake): void {
    this.#gathered.delete(intake)
    if (!this.#onTheWay.delete(intake) || this.#onTheWay.size > 0 || this.#gathered.size === 0) return
    // Whoever settles is in the midst of something.
    queueMicrotask(() => {
      if (this.#running === undefined && !this.#stopped) this.#scheduleFlush()
    })
  }

  #next(): Call | Source | undefined {
    return this.#stopped ? undefined : this.#waiting.shift()
  }

  async #encode({ intake, batches, isAwaited }: Call): Promise<void> {
    if (this.#encoding.format !== this.#parts.format()) {
      this.#encoding.flush()
      this.#encoding = this.#makeEncoding()
    }
    this.#current = intake.open
    let error: unknown
    try {
      await this.#encodeInSlices(batches, intake)
    } catch (thrown) {
      error = thrown
      // What is known of them may be half of it: they are begun anew.
      for (const { layout } of batches) this.#encoding.forget(layout.source)
    }
    // Behind it, since a flush may come in the midst of it.
    if (isAwaited && intake.open > 0) this.#gathered.add(intake)
    const left = this.#current
    if (left === 0) return
    if (!this.#stopped) this.#context.logger.error('batches could not be encoded', { error, points: left })
    this.#settleUnencoded(left)
    intake.drop(left, this.#stopped ? 'shutdown' : 'encoding_failed')
  }

  async #encodeInSlices(batches: readonly Batch[], intake: Intake): Promise<void> {
    let since = performance.now()
    for (const _ of this.#encoding.encode(batches, intake)) {
      if (performance.now() - since < sliceMs) continue
      await nextTurn()
      if (this.#stopped) return
      since = performance.now()
    }
  }

  #flush(): void {
    this.#cancelFlush?.()
    this.#cancelFlush = undefined
    for (const intake of this.#gathered) this.#onTheWay.add(intake)
    this.#gathered.clear()
    this.#encoding.flush()
  }

  #recur({ send }: Recurring<Form>): void {
    if (this.#parts.queue.admits(0)) send(this.#encoding)
  }
}
