import type { PipelineContext } from '#src/component/define.ts'
import type { Backlog } from './backlog.ts'
import type { Output } from './output.ts'
import { describeFailure, startFailure } from '#src/host/write-failure.ts'

/** When data is written, and when it is forced to the disk; in milliseconds. */
export interface DeliveryOptions {
  readonly path: string
  readonly flushIntervalMs: number
  readonly fsync: 'never' | 'flush' | 'interval'
  readonly fsyncIntervalMs: number
}

/** What is written in one go at most, unless one chunk is larger. */
const bytesPerWrite = 1024 * 1024
/** After a failure the disk is asked again every so often. */
const retryMs = 1000

/**
 * Brings the backlog to the output: after the flush interval, or once a megabyte waits. One write is under way at a
 * time. After a failure it tries again until it works; the backlog holds what comes meanwhile.
 */
export class Delivery {
  readonly #options: DeliveryOptions
  readonly #context: PipelineContext
  readonly #backlog: Backlog
  readonly #output: Output
  #cancelRun: (() => void) | undefined
  #running = false
  /** Called when a run ends. */
  #ended: (() => void) | undefined
  /** Monotonic milliseconds since which nothing can be written; undefined while all is well. */
  #failedSince: number | undefined
  /** Cancels the next sync of `fsync: interval`; undefined where all that was written is forced to the disk. */
  #cancelSync: (() => void) | undefined
  #syncDue = false
  #over = false

  constructor(options: DeliveryOptions, context: PipelineContext, backlog: Backlog, output: Output) {
    this.#options = options
    this.#context = context
    this.#backlog = backlog
    this.#output = output
  }

  /**
   * Opens the output. A disk that is full or broken is no reason not to start: it is tried again.
   *
   * @throws StartFailure where only a person can mend it: a missing directory, a lacking permission
   */
  async start(): Promise<void> {
    try {
      await this.#output.open()
    } catch (error) {
      const failure = startFailure(error, this.#options.path)
      if (failure !== undefined) throw failure
      await this.#fail(error)
    }
  }

  /** Something was put into the backlog. */
  wake(): void {
    if (this.#running || this.#failedSince !== undefined) return
    const { flushIntervalMs } = this.#options
    if (flushIntervalMs === 0 || this.#backlog.bytes >= bytesPerWrite) this.#run()
    else this.#runAfter(flushIntervalMs)
  }

  /** Writes what waits, again and again after failures, until all is written or the deadline comes; then closes. */
  async drain(deadline: AbortSignal): Promise<void> {
    const { promise: aborted, resolve: abort } = Promise.withResolvers<void>()
    deadline.addEventListener('abort', () => abort(), { once: true })
    while (!deadline.aborted && !this.#done) {
      this.#syncDue = this.#cancelSync !== undefined
      const ended = new Promise<void>((resolve) => (this.#ended = resolve))
      if (!this.#running && this.#failedSince === undefined) this.#run()
      await Promise.race([ended, aborted])
    }
    this.#over = true
    this.#cancelRun?.()
    this.#cancelSync?.()
    // Behind a write that hangs the close would hang too: it follows when the write comes back.
    if (!this.#running) await this.#close()
  }

  /** Whether all is written, and forced to the disk where that is asked for. */
  get #done(): boolean {
    return !this.#running && this.#backlog.bytes === 0 && this.#cancelSync === undefined
  }

  #runAfter(delayMs: number): void {
    this.#cancelRun ??= this.#context.clock.after(delayMs, () => this.#run())
  }

  #run(): void {
    this.#cancelRun?.()
    this.#cancelRun = undefined
    if (!this.#running && !this.#over) void this.#runOnce()
  }

  async #runOnce(): Promise<void> {
    this.#running = true
    await this.#flush()
    this.#running = false
    if (this.#backlog.bytes > 0) this.wake()
    this.#ended?.()
    if (this.#over) await this.#close()
  }

  async #close(): Promise<void> {
    try {
      await this.#output.close()
    } catch (error) {
      this.#context.logger.warn('the output could not be closed', { path: this.#options.path, error })
    }
  }

  async #flush(): Promise<void> {
    try {
      if (this.#failedSince !== undefined) await this.#output.open()
      for (;;) {
        const chunks = this.#backlog.takeOff(bytesPerWrite)
        if (chunks.length === 0) break
        await this.#write(chunks)
        if (this.#over) return
      }
      if (this.#syncDue) await this.#syncNow()
      this.#recover()
    } catch (error) {
      await this.#fail(error)
    }
  }

  async #write(chunks: readonly Buffer[]): Promise<void> {
    const { whole, error } = await this.#output.write(chunks)
    const { fsync, fsyncIntervalMs } = this.#options
    if (whole > 0 && fsync === 'flush') await this.#syncOrTakeBack()
    this.#backlog.landed(whole)
    if (whole > 0 && fsync === 'interval') {
      this.#cancelSync ??= this.#context.clock.after(fsyncIntervalMs, () => {
        this.#syncDue = true
        if (this.#failedSince === undefined) this.#run()
      })
    }
    if (error !== undefined) throw error
  }

  async #syncNow(): Promise<void> {
    await this.#output.sync()
    this.#cancelSync?.()
    this.#cancelSync = undefined
    this.#syncDue = false
  }

  async #syncOrTakeBack(): Promise<void> {
    try {
      await this.#output.sync()
    } catch (error) {
      // The kernel may have dropped the pages, and forgets the error: only what is written anew can be trusted.
      await this.#output.takeBack()
      this.#backlog.landed(0)
      throw error
    }
  }

  #recover(): void {
    const { clock, logger } = this.#context
    if (this.#failedSince === undefined) return
    const seconds = Math.round((clock.monotonic() - this.#failedSince) / 1000)
    this.#failedSince = undefined
    this.#context.report('ok')
    logger.info('the output can be written again', { path: this.#options.path, failed_seconds: seconds })
  }

  async #fail(error: unknown): Promise<void> {
    const { clock, logger, ledger } = this.#context
    const { path } = this.#options
    this.#failedSince ??= clock.monotonic()
    const { message, fields } = await describeFailure(error, path)
    this.#context.report('recoverable_error', `${message}: ${path}`)
    logger.error(`${message}: data waits in memory`, {
      path,
      ...fields,
      queued_points: ledger.queued,
      queued_bytes: this.#backlog.bytes,
      error,
    })
    if (!this.#over) this.#runAfter(retryMs)
  }
}
