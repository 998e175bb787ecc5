import { Arrivals } from '#src/arrivals/arrivals.ts'
import type { ReceiverContext } from '#src/component/define.ts'
import type { Context } from '#src/otlp/decode/contexts.ts'
import { MetricsDecoder } from '#src/otlp/decode/metrics-decoder.ts'
import { Receipt, type Settlement } from '#src/pipeline/receipt.ts'
import type { OtlpConfig } from './config.ts'

/** How long a sender is asked to wait where nothing is taken just now, in milliseconds. */
const retryDelayMs = 5000
/** How often silent series are looked for while nothing comes, in milliseconds. */
const sweepIntervalMs = 60_000
/** Requests that wait at a time until exporters have their data. */
const mostWaiting = 10_000

/** A request that is not taken just now: its sender is to send it again. The message is a sentence for the sender. */
export class Unavailable extends Error {
  override readonly name = 'Unavailable'
  readonly retryDelayMs = retryDelayMs
}

/** A request whose data is where it survives, but for what was rejected. */
export interface Taken {
  /** Data points that no repetition of the request brings through. */
  readonly rejected: number
  /** Why; empty where none were. */
  readonly message: string
}

/** Takes requests of all protocols: reads them, hands on what they bring, and waits until that is where it survives. */
export class Intake {
  readonly #context: ReceiverContext
  readonly #arrivals: Arrivals<Context>
  readonly #decoder: MetricsDecoder
  readonly #deliveryTimeoutMs: number
  /** What gives up each request that waits. */
  readonly #waiting = new Set<() => void>()
  #endSweeps: (() => void) | undefined

  constructor(config: OtlpConfig, context: ReceiverContext) {
    this.#context = context
    this.#deliveryTimeoutMs = config.delivery_timeout
    this.#arrivals = new Arrivals({
      receiver: context.id,
      maxSeries: config.max_series,
      idleMs: config.series_idle_timeout,
      forget: (source) => context.forget(source),
    })
    this.#decoder = new MetricsDecoder(this.#arrivals)
  }

  /** The number of series that are known. */
  get series(): number {
    return this.#arrivals.size
  }

  start(): void {
    const { clock } = this.#context
    this.#endSweeps = clock.after(sweepIntervalMs, () => {
      this.#arrivals.sweep(clock.monotonic())
      this.start()
    })
  }

  /** Nobody waits any longer: those who do are told to send again. */
  giveUp(): void {
    for (const end of this.#waiting) end()
  }

  /** Gives everything back; nothing is taken any more. */
  stop(): void {
    this.#endSweeps?.()
    this.giveUp()
    this.#arrivals.dispose()
  }

  /**
   * Takes an ExportMetricsServiceRequest in protobuf.
   *
   * @throws {MalformedRequest} where it is none
   * @throws {Unavailable} where it is to be sent again
   */
  async take(body: Buffer): Promise<Taken> {
    const { clock, ledger, logger } = this.#context
    if (this.#waiting.size >= mostWaiting) throw new Unavailable('too many requests wait for their delivery')
    const time = { monotonic: clock.monotonic(), unix: clock.now() }
    const { batches, rejections } = this.#decoder.decode(body, time)
    for (const [reason, points] of rejections.byReason) ledger.dropped.add(reason, points)
    if (rejections.points > 0) {
      logger.debug('data points were rejected', { points: rejections.points, why: rejections.message })
    }
    const ours: Taken = { rejected: rejections.points, message: rejections.message }
    if (batches.length === 0) return ours

    const { promise, resolve } = Promise.withResolvers<Settlement | undefined>()
    const receipt = new Receipt(resolve)
    if (!this.#context.emit(batches, receipt)) {
      throw new Unavailable('the pipelines take nothing just now')
    }
    receipt.settle()
    const settlement = await this.#settled(promise, resolve)
    if (settlement === undefined) throw new Unavailable('its delivery takes longer than it may')
    if (settlement.delivered) return ours
    const { reason = 'it was not delivered' } = settlement
    if (settlement.rejected === 0) throw new Unavailable(reason)
    return {
      rejected: ours.rejected + settlement.rejected,
      message: [ours.message, reason].filter((each) => each !== '').join('; '),
    }
  }

  /** @returns undefined where it is given up */
  async #settled(
    promise: Promise<Settlement | undefined>,
    resolve: (settlement: undefined) => void,
  ): Promise<Settlement | undefined> {
    const giveUp = (): void => resolve(undefined)
    const cancel = this.#context.clock.after(this.#deliveryTimeoutMs, giveUp)
    this.#waiting.add(giveUp)
    try {
      return await promise
    } finally {
      cancel()
      this.#waiting.delete(giveUp)
    }
  }
}
