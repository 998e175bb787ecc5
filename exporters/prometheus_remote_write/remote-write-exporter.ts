import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Exporter, PipelineContext } from '#src/component/define.ts'
import type { Batch } from '#src/model/batch.ts'
import type { Source } from '#src/model/source.ts'
import { pointsIn } from '#src/pipeline/consumer.ts'
import type { Receipt } from '#src/pipeline/receipt.ts'
import { Intake } from '#src/queue/intake.ts'
import type { RequestQueue } from '#src/queue/request-queue.ts'
import type { RequestBuilder } from '#src/remote/request-builder.ts'
import type { EncoderOutput, SamplesEncoder } from '#src/remote/samples-encoder.ts'
import type { Sender } from './sender.ts'

/** A call of `consume` that is not encoded yet. */
interface Call {
  readonly intake: Intake
  readonly batches: readonly Batch[]
}

/** What the exporter is made of. */
export interface RemoteWriteParts {
  readonly makeEncoder: (output: EncoderOutput) => SamplesEncoder
  /** By shard. */
  readonly builders: readonly RequestBuilder[]
  readonly queue: RequestQueue
  readonly sender: Sender
  /** How long samples wait for others to share a request with. */
  readonly sendDeadlineMs: number
}

/** Encoding gives way to other work after so many milliseconds. */
const sliceMs = 8
/** What a data point takes, until some were seen. */
const firstBytesPerPoint = 100

/** What is said of points that are dropped, once a minute. */
const dropMessages: Readonly<Record<string, string>> = {
  delta_temporality:
    'series of delta temporality are left out: remote write takes cumulative ones, which the processor delta_to_cumulative makes',
  duplicate_series: 'series are left out: they have the same name and labels as others of their source',
  no_point: 'histograms or summaries without a point are left out',
}

/** Takes batches at once, encodes them in slices between which the event loop turns, and leaves requests to the sender. */
export class RemoteWriteExporter implements Exporter {
  readonly #context: PipelineContext
  readonly #parts: RemoteWriteParts
  readonly #encoder: SamplesEncoder
  /** Calls to encode, and sources to forget once what came before is encoded. */
  readonly #waiting: (Call | Source)[] = []
  /** Data points that are not encoded yet. */
  #unencoded = 0
  /** Of them, those of the call that is being encoded. */
  #current = 0
  #bytesPerPoint = firstBytesPerPoint
  #encoding: Promise<void> | undefined
  #cancelFlush: (() => void) | undefined
  #stopping = false
  #stopped = false

  constructor(context: PipelineContext, parts: RemoteWriteParts) {
    this.#context = context
    this.#parts = parts
    this.#encoder = parts.makeEncoder({
      add: (shard, series) => {
        this.#settleUnencoded(series.points)
        this.#bytesPerPoint += (series.length / Math.max(1, series.points) - this.#bytesPerPoint) / 64
        parts.builders[shard]?.add(series)
      },
      drop: (intake, points, reason) => {
        this.#settleUnencoded(points)
        intake.drop(points, reason, true)
        const message = dropMessages[reason]
        if (message !== undefined) context.logger.warn(message, { points })
      },
    })
  }

  consume(batches: readonly Batch[], receipt?: Receipt): boolean {
    const points = pointsIn(batches)
    if (points === 0) return true
    if (this.#stopping || !this.#parts.queue.admits(this.#expectedBytes(points))) return false
    this.#unencoded += points
    this.#enqueue({ intake: new Intake(points, this.#context.ledger, receipt), batches })
    return true
  }

  forget(source: Source): void {
    this.#enqueue(source)
  }

  async stop(deadline: AbortSignal): Promise<void> {
    this.#stopping = true
    const { promise: aborted, resolve: abort } = Promise.withResolvers<void>()
    deadline.addEventListener('abort', () => abort(), { once: true })
    if (!deadline.aborted) await Promise.race([this.#encoding, aborted])
    this.#stopped = true
    this.#flush()
    for (const item of this.#waiting.splice(0)) {
      if ('batches' in item) item.intake.drop(item.intake.open, 'shutdown')
    }
    await this.#parts.sender.drain(deadline)
  }

  /** Bytes of what waits to be encoded, of requests that are not full, and of so many points more. */
  #expectedBytes(points: number): number {
    let bytes = (this.#unencoded + points) * this.#bytesPerPoint
    for (const builder of this.#parts.builders) bytes += builder.bytes
    return bytes
  }

  #settleUnencoded(points: number): void {
    this.#unencoded -= points
    this.#current -= points
  }

  #enqueue(item: Call | Source): void {
    if (this.#stopped) return
    this.#waiting.push(item)
    this.#encoding ??= this.#encodeAll()
  }

  async #encodeAll(): Promise<void> {
    // The call that brought the data returns first.
    await nextTurn()
    for (let item = this.#waiting.shift(); item !== undefined; item = this.#waiting.shift()) {
      if ('batches' in item) await this.#encode(item)
      else this.#encoder.forget(item)
    }
    this.#encoding = undefined
    this.#cancelFlush ??= this.#context.clock.after(this.#parts.sendDeadlineMs, () => this.#flush())
  }

  async #encode({ intake, batches }: Call): Promise<void> {
    this.#current = intake.open
    let error: unknown
    try {
      await this.#encodeInSlices(batches, intake)
    } catch (thrown) {
      error = thrown
    }
    const left = this.#current
    if (left === 0) return
    if (!this.#stopped) this.#context.logger.error('batches could not be encoded', { error, points: left })
    this.#settleUnencoded(left)
    intake.drop(left, this.#stopped ? 'shutdown' : 'encoding_failed')
  }

  async #encodeInSlices(batches: readonly Batch[], intake: Intake): Promise<void> {
    let since = performance.now()
    for (const batch of batches) {
      for (const _ of this.#encoder.encode(batch, intake)) {
        if (performance.now() - since < sliceMs) continue
        await nextTurn()
        if (this.#stopped) return
        since = performance.now()
      }
    }
  }

  #flush(): void {
    this.#cancelFlush?.()
    this.#cancelFlush = undefined
    for (const builder of this.#parts.builders) builder.flush()
  }
}
