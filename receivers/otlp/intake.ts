import { Arrivals } from '#src/arrivals/arrivals.ts'
import { Deliveries, type Delivered } from '#src/arrivals/deliveries.ts'
import type { ReceiverContext } from '#src/component/define.ts'
import type { Context } from '#src/otlp/decode/contexts.ts'
import { MetricsDecoder } from '#src/otlp/decode/metrics-decoder.ts'
import type { OtlpConfig } from './config.ts'

/** How often silent series are looked for while nothing comes, in milliseconds. */
const sweepIntervalMs = 60_000

/** Takes requests of all protocols: reads them, hands on what they bring, and waits until that is where it survives. */
export class Intake {
  readonly #context: ReceiverContext
  readonly #arrivals: Arrivals<Context>
  readonly #decoder: MetricsDecoder
  readonly #deliveries: Deliveries
  #endSweeps: (() => void) | undefined

  constructor(config: OtlpConfig, context: ReceiverContext) {
    this.#context = context
    this.#deliveries = new Deliveries(config.delivery_timeout, context)
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
    this.#deliveries.giveUp()
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
  async take(body: Buffer): Promise<Delivered> {
    const { clock, ledger, logger } = this.#context
    this.#deliveries.checkRoom()
    const time = { monotonic: clock.monotonic(), unix: clock.now() }
    const { batches, rejections } = this.#decoder.decode(body, time)
    for (const [reason, points] of rejections.byReason) ledger.dropped.add(reason, points)
    if (rejections.points > 0) {
      logger.debug('data points were rejected', { points: rejections.points, why: rejections.message })
    }
    const ours: Delivered = { rejected: rejections.points, message: rejections.message }
    const { rejected, message } = await this.#deliveries.deliver(batches)
    return {
      rejected: ours.rejected + rejected,
      message: [ours.message, message].filter((each) => each !== '').join('; '),
    }
  }
}
