import type { ReceiverContext } from '#src/component/define.ts'
import { every, type Schedule } from '#src/component/schedule.ts'
import { HostError } from '#src/host/host-error.ts'
import type { Recorder } from '#src/model/recorder.ts'
import type { Facts } from '#src/naming/facts.ts'
import { collectionDuration, collectionErrors, collectionSuccess } from './collector-names.ts'
import { Problems } from '#src/host/problems.ts'
import type { Scraper } from './scraper.ts'

/** When a scraper measures. */
export interface Timing {
  readonly intervalMs: number
  readonly initialDelayMs: number
  /** What one cycle may take. */
  readonly deadlineMs: number
}

/** One scraper at work. */
export interface ScraperWork {
  readonly name: string
  /** The collector of node_exporter that scrapers without one of their own are. */
  readonly collector: string
  readonly scrapers: readonly Scraper[]
  readonly recorder: Recorder
  readonly facts: Facts
  /** Unix time in milliseconds since which the kernel counts; undefined where it is not known. */
  readonly bootTime: () => number | undefined
}

/** What one collector left out in a cycle. */
interface Outcome {
  /** Of the first thing that could not be read, in one word. */
  readonly reason: string | undefined
  /** The error that ended it. */
  readonly failure: unknown
}

/** Runs the cycles of one scraper: they never overlap, and none of their errors gets out. */
export class ScraperLoop {
  readonly #work: ScraperWork
  readonly #timing: Timing
  readonly #context: ReceiverContext
  readonly #problems: Problems
  readonly #errorCounts = new Map<string, { collector: string; reason: string; count: number }>()
  #schedule: Schedule | undefined
  #running: AbortController | undefined
  #stopping = false
  #failure: unknown

  constructor(work: ScraperWork, timing: Timing, context: ReceiverContext) {
    this.#work = work
    this.#timing = timing
    this.#context = context
    this.#problems = new Problems(context.logger.child({ scraper: work.name }))
  }

  /** The error that ended a collector in the last cycle. */
  get failure(): unknown {
    return this.#failure
  }

  /** Begins the cycles. `onCycle` is called after each. */
  start(onCycle: () => void): void {
    const { intervalMs, initialDelayMs } = this.#timing
    const cycle = async (): Promise<void> => {
      await this.#runCycle()
      onCycle()
    }
    this.#schedule = every(this.#context.clock, intervalMs, cycle, {
      initialDelayMs,
      onError: (error) => this.#context.logger.error('a cycle failed', { scraper: this.#work.name, error }),
    })
  }

  /** Ends them; the running one is cut short and emits nothing. */
  async stop(): Promise<void> {
    this.#stopping = true
    const stopped = this.#schedule?.stop()
    this.#running?.abort()
    for (const scraper of this.#work.scrapers) scraper.close?.()
    await stopped
    this.#work.recorder.dispose()
  }

  async #runCycle(): Promise<void> {
    const { name, scrapers, facts, recorder, bootTime } = this.#work
    const { clock, collections, ledger } = this.#context
    const time = clock.now()
    const began = clock.monotonic()
    const deadline = new AbortController()
    const cancel = clock.after(this.#timing.deadlineMs, () => deadline.abort())
    this.#running = deadline
    facts.begin()
    const outcomes: Outcome[] = []
    for (const scraper of scrapers) {
      if (scraper.names?.some((definition) => facts.wants(definition)) === false) continue
      outcomes.push(await this.#collect(scraper, deadline.signal))
    }
    cancel()
    if (this.#stopping) return
    this.#recordErrorCounts()
    this.#problems.endCycle()
    this.#failure = outcomes.find(({ failure }) => failure !== undefined)?.failure
    const batches = facts.end(time, bootTime())
    ledger.dropped.add('duplicate_series', recorder.duplicates)
    const error = outcomes.find(({ reason }) => reason !== undefined)?.reason
    collections.record({ source: name, durationMs: clock.monotonic() - began, error })
    // Refused, it is a cycle left out: the engine counts it.
    this.#context.emit(batches)
  }

  async #collect(scraper: Scraper, signal: AbortSignal): Promise<Outcome> {
    const { facts } = this.#work
    const { clock, logger } = this.#context
    const { collector = this.#work.collector } = scraper
    const began = clock.monotonic()
    let reason: string | undefined
    let failure: unknown
    const problem = (error: HostError): void => {
      if (this.#stopping) return
      reason ??= error.reason
      this.#problems.add(error)
    }
    try {
      await scraper.collect({ facts, signal, problem })
    } catch (error) {
      failure = error
      if (error instanceof HostError) {
        problem(error)
      } else {
        reason ??= 'internal_error'
        logger.error('the scraper has a defect', { scraper: this.#work.name, collector, error })
      }
    }
    facts.record(collectionDuration, { collector }, (clock.monotonic() - began) / 1000)
    facts.record(collectionSuccess, { collector }, failure === undefined ? 1 : 0)
    if (reason !== undefined) this.#count(collector, reason)
    return { reason, failure }
  }

  #count(collector: string, reason: string): void {
    const key = `${collector}/${reason}`
    const count = this.#errorCounts.get(key)?.count ?? 0
    this.#errorCounts.set(key, { collector, reason, count: count + 1 })
  }

  #recordErrorCounts(): void {
    for (const { collector, reason, count } of this.#errorCounts.values())
      this.#work.facts.record(collectionErrors, { collector, reason }, count)
  }
}
