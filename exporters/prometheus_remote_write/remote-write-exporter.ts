import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Exporter, PipelineContext } from '#src/component/define.ts'
import { every, type Schedule } from '#src/component/schedule.ts'
import type { HttpClient } from '#src/http/client/http-client.ts'
import type { Batch } from '#src/model/batch.ts'
import type { Source } from '#src/model/source.ts'
import { pointsIn } from '#src/pipeline/consumer.ts'
import type { Receipt } from '#src/pipeline/receipt.ts'
import { Intake } from '#src/queue/intake.ts'
import type { RequestSink } from '#src/queue/request-queue.ts'
import type { EncodingDrop } from '#src/remote/batch-encoder.ts'
import type { QueueStatus } from '#src/telemetry/queue-status.ts'
import { Encoding } from './encoding.ts'
import type { RemoteWriteConfig } from './config.ts'
import type { Protocol, ProtocolVersion } from './protocol.ts'
import type { Sender } from './sender.ts'

/** A call of `consume` that is not encoded yet. */
interface Call {
  readonly intake: Intake
  readonly batches: readonly Batch[]
}

/** What the exporter works with. */
export interface RemoteWriteParts {
  readonly url: URL
  readonly protocol: Protocol
  readonly queue: RequestSink
  /** Undefined in a worker thread, where requests are only encoded. */
  readonly sending: { readonly client: HttpClient; readonly sender: Sender } | undefined
}

/** Encoding gives way to other work after so many milliseconds. */
const sliceMs = 8
/** What a data point takes, until some were seen. */
const firstBytesPerPoint = 100

/** What is said of points that are dropped, once a minute. */
const dropMessages: Partial<Record<EncodingDrop, string>> = {
  delta_temporality:
    'series of delta temporality are left out: remote write takes cumulative ones, which delta_to_cumulative makes',
  duplicate_series: 'series are left out: they have the name and labels of others of their source',
  no_point: 'histograms or summaries without a point are left out',
}

/** Takes batches at once, encodes them in slices between which the event loop turns, and leaves requests to the sender. */
export class RemoteWriteExporter implements Exporter {
  readonly location: string
  readonly #config: RemoteWriteConfig
  readonly #context: PipelineContext
  readonly #parts: RemoteWriteParts
  #encoding: Encoding
  /** Calls to encode, and sources to forget once what came before is encoded. */
  readonly #waiting: (Call | Source)[] = []
  /** Data points that are not encoded yet. */
  #unencoded = 0
  /** Of them, those of the call that is being encoded. */
  #current = 0
  #bytesPerPoint = firstBytesPerPoint
  #running: Promise<void> | undefined
  #cancelFlush: (() => void) | undefined
  #metadata: Schedule | undefined
  #stopping = false
  #stopped = false

  constructor(config: RemoteWriteConfig, context: PipelineContext, parts: RemoteWriteParts) {
    const { origin, pathname } = parts.url
    this.location = origin + pathname
    this.#config = config
    this.#context = context
    this.#parts = parts
    this.#encoding = this.#makeEncoding()
  }

  get queueStatus(): QueueStatus | undefined {
    return this.#parts.sending?.sender.queueStatus
  }

  get queue(): RequestSink {
    const { queue, protocol } = this.#parts
    return {
      limits: queue.limits,
      format: protocol.version,
      admits: (bytes) => queue.admits(bytes),
      enqueue: (request) => queue.enqueue(request),
    }
  }

  /** In a worker thread the main thread says which version is spoken, once it has found out. */
  get #version(): ProtocolVersion {
    const { queue, protocol } = this.#parts
    return queue.format === '1.0' ? queue.format : protocol.version
  }

  async start(): Promise<void> {
    await this.#parts.sending?.sender.start()
    const { clock, logger } = this.#context
    const { send_metadata: sends, metadata_send_interval: intervalMs } = this.#config
    if (sends !== true) return
    this.#metadata = every(clock, intervalMs, () => this.#sendMetadata(), {
      initialDelayMs: intervalMs,
      onError: (error) => logger.error('metadata could not be sent', { error }),
    })
  }

  consume(batches: readonly Batch[], receipt?: Receipt): boolean {
    const points = pointsIn(batches)
    if (points === 0) return true
    const expected = this.#encoding.bytes + (this.#unencoded + points) * this.#bytesPerPoint
    if (this.#stopping || !this.#parts.queue.admits(expected)) return false
    this.#unencoded += points
    this.#enqueue({ intake: new Intake(points, this.#context.ledger, receipt), batches })
    return true
  }

  forget(source: Source): void {
    this.#enqueue(source)
  }

  async stop(deadline: AbortSignal): Promise<void> {
    this.#stopping = true
    await this.#metadata?.stop()
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
    await this.#parts.sending?.sender.drain(deadline)
    this.#parts.sending?.client.close()
  }

  #makeEncoding(): Encoding {
    const { queue } = this.#parts
    return new Encoding(this.#version, this.#config, this.#context.clock, {
      encoded: (points, bytes) => {
        this.#settleUnencoded(points)
        if (points > 0) this.#bytesPerPoint += (bytes / points - this.#bytesPerPoint) / 64
      },
      dropped: (intake, points, reason) => {
        this.#settleUnencoded(points)
        intake.drop(points, reason, true)
        const message = dropMessages[reason]
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
      else this.#encoding.encoder.forget(item)
    }
    this.#running = undefined
    if (this.#stopped) return
    this.#cancelFlush ??= this.#context.clock.after(this.#config.batch_send_deadline, () => this.#flush())
  }

  #next(): Call | Source | undefined {
    return this.#stopped ? undefined : this.#waiting.shift()
  }

  async #encode({ intake, batches }: Call): Promise<void> {
    if (this.#encoding.version !== this.#version) {
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
      for (const { layout } of batches) this.#encoding.encoder.forget(layout.source)
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
      for (const _ of this.#encoding.encoder.encode(batch, intake)) {
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
    this.#encoding.flush()
  }

  #sendMetadata(): void {
    // Version 2.0 says it with each series.
    if (this.#version === '1.0' && this.#parts.queue.admits(0)) this.#encoding.sendMetadata()
  }
}
