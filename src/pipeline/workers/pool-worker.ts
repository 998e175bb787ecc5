import type { Clock } from '#src/component/clock.ts'
import type { Configuration } from '#src/config/configuration.ts'
import { Backoff } from '#src/queue/backoff.ts'
import type { RequestSink, SinkLimits } from '#src/queue/request-queue.ts'
import { Ledger } from '#src/telemetry/ledger.ts'
import { notHeldBack, type Logger } from '#src/telemetry/logger.ts'
import type { WorkerStatus } from '#src/telemetry/service-view.ts'
import type { ComponentReport } from './component-report.ts'
import { Inbox } from './inbox.ts'
import { pack } from './portable-configuration.ts'
import { unpackError } from './portable-error.ts'
import type { SummedComponents } from './summed-components.ts'
import type { AnswerMessage, FromWorker, ReportMessage, RequestMessage } from './worker-message.ts'
import { WorkerThread } from './worker-thread.ts'

/** What workers need of the main thread. */
export interface WorkerContext {
  readonly clock: Clock
  readonly logger: Logger
  /** The queue of an exporter of the main thread. */
  queueOf(exporter: string): RequestSink | undefined
  /** Writes a line of the log as it is. */
  writeLine(line: string): void
}

/** How long to wait until a worker that died is started again. */
const backoff = { initialMs: 1000, maxMs: 60_000, multiplier: 2, randomization: 0.2 }
/** One that lived this long starts at the shortest wait again. */
const longLifeMs = 60_000
/** A worker that is silent for so many ticks of a second hangs. */
const silentTicks = 30

/** One numbered worker: a thread, and another one when it dies. */
export class PoolWorker {
  readonly #number: number
  readonly #count: number
  readonly #context: WorkerContext
  readonly #components: SummedComponents
  #configuration: Configuration | undefined
  #thread: WorkerThread | undefined
  /** By instance of the exporter in the thread. */
  #inboxes = new Map<number, Inbox>()
  #last: ReportMessage | undefined
  #silence = 0
  #startedAt = 0
  #waits = new Backoff(backoff, Math.random)
  #cancelRestart: (() => void) | undefined
  #restarts = 0
  #error: string | undefined
  #stopping = false

  /** @param number from 1 to `count` */
  constructor(number: number, count: number, context: WorkerContext, components: SummedComponents) {
    this.#number = number
    this.#count = count
    this.#context = context
    this.#components = components
  }

  get status(): WorkerStatus {
    const running = this.#cancelRestart === undefined
    return {
      worker: this.#number,
      state: running ? (this.#last === undefined ? 'starting' : 'ok') : 'dead',
      restarts: this.#restarts,
      error: this.#error,
      heapUsedBytes: this.#last?.heapUsedBytes ?? 0,
      activeSeconds: this.#thread?.activeSeconds ?? 0,
      thread: this.#thread ?? this,
    }
  }

  /** What it uses of memory, as it told last. */
  get usedBytes(): number {
    return this.#thread === undefined ? 0 : (this.#last?.usedBytes ?? 0)
  }

  /**
   * Makes it run a configuration; one that is dead does when it is started again.
   *
   * @throws what `Graph.apply` throws, or how the thread died meanwhile
   */
  async apply(configuration: Configuration): Promise<void> {
    this.#configuration = configuration
    if (this.#cancelRestart !== undefined) return
    this.#thread ??= this.#start(configuration)
    const limits: Record<string, SinkLimits> = {}
    for (const id of configuration.exporters.keys()) {
      const queue = this.#context.queueOf(id)
      if (queue !== undefined) limits[id] = queue.limits
    }
    const answer = await this.#thread.call('apply', { configuration: pack(configuration), limits })
    if (answer.error !== undefined) throw unpackError(answer.error, configuration)
  }

  /** Asks it for something, for a second at most; undefined where it does not answer. */
  async ask(...[name, given]: Parameters<WorkerThread['call']>): Promise<AnswerMessage | undefined> {
    return await this.#within(1000, this.#thread?.call(name, given))
  }

  /**
   * To be called each second: ends a thread that hangs.
   *
   * @param allBytes what all threads use of memory
   */
  tick(allBytes: number): void {
    this.#thread?.post({ kind: 'memory', othersBytes: allBytes - this.usedBytes })
    if (this.#thread === undefined || ++this.#silence < silentTicks) return
    void this.#thread.terminate(`it hung: it said nothing for ${silentTicks} s`)
  }

  /** Stops what it runs; when that settles, all that it encoded has come. One that takes too long is left behind. */
  async flush(patienceMs: number): Promise<void> {
    this.#stopping = true
    this.#cancelRestart?.()
    if (this.#thread === undefined) return
    const answer = await this.#within(patienceMs, this.#thread.call('flush', undefined))
    if (answer === undefined) await this.#thread?.terminate('it did not stop in time')
  }

  /** Ends it, after a flush. Its last report has all that was settled by now; the rest is settled in its account. */
  async end(): Promise<void> {
    await this.ask('finish', undefined)
    await this.#thread?.terminate('the service stops')
  }

  #start(configuration: Configuration): WorkerThread {
    const { clock } = this.#context
    this.#startedAt = clock.monotonic()
    this.#silence = 0
    this.#last = undefined
    const { logs } = configuration.telemetry
    return new WorkerThread({ number: this.#number, count: this.#count, logs }, clock, {
      take: (message) => this.#take(message),
      ended: (error) => this.#ended(error),
    })
  }

  #take(message: Exclude<FromWorker, AnswerMessage>): void {
    if (message.kind === 'request') this.#inboxOf(message).take(message)
    else if (message.kind === 'line') this.#context.writeLine(message.line)
    else this.#noteReport(message)
  }

  #noteReport(report: ReportMessage): void {
    this.#last = report
    this.#silence = 0
    this.#error = undefined
    this.#components.update(this.#number, report.components)
    const there = new Map(report.outboxes.map((outbox) => [outbox.instance, outbox]))
    for (const [instance, inbox] of this.#inboxes) {
      const outbox = there.get(instance)
      if (outbox === undefined) this.#inboxes.delete(instance)
      else inbox.acknowledge(outbox)
    }
  }

  #inboxOf({ instance, exporter }: Pick<RequestMessage, 'instance' | 'exporter'>): Inbox {
    let inbox = this.#inboxes.get(instance)
    if (inbox === undefined) {
      const { clock } = this.#context
      const thread = this.#thread
      inbox = new Inbox(instance, {
        queue: () => this.#context.queueOf(exporter),
        post: (message, transfer) => thread?.post(message, transfer),
        now: () => clock.monotonic(),
      })
      this.#inboxes.set(instance, inbox)
    }
    return inbox
  }

  #ended(error: Error): void {
    const lost = this.#inherit(error.message)
    this.#thread = undefined
    if (this.#stopping) return
    const { clock, logger } = this.#context
    this.#error = `the worker thread died: ${error.message}`
    if (clock.monotonic() - this.#startedAt > longLifeMs) this.#waits = new Backoff(backoff, Math.random)
    const waitMs = this.#waits.next()
    logger.error('a worker thread died: it is started again', {
      worker: this.#number,
      error,
      lost_points: lost,
      restart_in_seconds: Math.round(waitMs / 1000),
      [notHeldBack]: true,
    })
    this.#cancelRestart = clock.after(waitMs, () => void this.#restart())
  }

  /** Takes over the accounts of the thread that died; returns how many points went down with it. */
  #inherit(error: string): number {
    const inboxes = this.#inboxes
    const outboxes = new Map(this.#last?.outboxes.map((outbox) => [outbox.instance, outbox]))
    this.#inboxes = new Map()
    let lost = 0
    const accountOf = ({ kind, id, instance, counts }: ComponentReport): Ledger | undefined => {
      if (kind !== 'exporter') return undefined
      const inbox = inboxes.get(instance) ?? this.#inboxOf({ instance, exporter: id })
      inboxes.delete(instance)
      const account = inbox.inherit(counts, outboxes.get(instance) ?? nothingPosted)
      lost += account.dropped.total - counts.dropped.reduce((sum, [, points]) => sum + points, 0)
      return account
    }
    this.#components.lose(this.#number, error, this.#context.clock.now(), accountOf)
    // Those of exporters that were replaced before.
    for (const inbox of inboxes.values()) inbox.inherit(noCounts, nothingPosted)
    return lost
  }

  async #restart(): Promise<void> {
    this.#cancelRestart = undefined
    this.#restarts++
    if (this.#configuration === undefined) return
    try {
      await this.apply(this.#configuration)
      this.#context.logger.info('a worker thread runs again', { worker: this.#number, [notHeldBack]: true })
    } catch (error) {
      this.#context.logger.error('a worker thread cannot start', { worker: this.#number, error })
      await this.#thread?.terminate(error instanceof Error ? error.message : String(error))
    }
  }

  async #within<Value>(patienceMs: number, promise: Promise<Value> | undefined): Promise<Value | undefined> {
    const { promise: late, resolve } = Promise.withResolvers<undefined>()
    const cancel = this.#context.clock.after(patienceMs, () => resolve(undefined))
    try {
      return await Promise.race([promise, late])
    } catch {
      // It died: whoever asks for something has no answer then.
      return undefined
    } finally {
      cancel()
    }
  }
}

const nothingPosted = { posted: 0, settled: 0 }
const noCounts = new Ledger().counts()
