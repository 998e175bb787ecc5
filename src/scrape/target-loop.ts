import { isDeepStrictEqual } from 'node:util'
import type { Layout } from '#src/model/layout.ts'
import type { Source } from '#src/model/source.ts'
import type { Agenda, Appointment } from './agenda.ts'
import { firstDelay, type GridOptions } from './scrape-grid.ts'
import type { ScrapeTurns, TurnTaker } from './scrape-turns.ts'
import { TargetScraper, type LastScrape, type ScrapeSurroundings } from './target-scraper.ts'
import type { Target } from './target.ts'

/** What the loops of one job share. */
export interface LoopSurroundings extends ScrapeSurroundings {
  readonly agenda: Agenda
  readonly turns: Pick<ScrapeTurns, 'request' | 'end'>
  /** Who scrapes: replicas differ in it, so that they do not scrape at the same time. */
  readonly scraper: readonly string[]
  /** The layouts of targets that have the labels of a target that goes, and so its series. */
  successors(target: Target): Iterable<Layout>
}

/** Has one target scraped on its grid of times, until it is retired or stopped. */
export class TargetLoop implements Appointment, TurnTaker {
  due = 0
  place = -1
  /** Its labels and URL stay; the rest is what discovery and options said last. */
  target: Target
  readonly #around: LoopSurroundings
  readonly #scraper: TargetScraper
  /** Ends the scrape that is under way. One serves until it is used. */
  #running: AbortController | undefined
  #isRunning = false
  /** The tick whose scrape waits for its turn. */
  #waitingTick: number | undefined
  #grid: GridOptions
  /** The wall clock at the monotonic time of the first tick. */
  #anchorWall = 0
  #anchor = 0
  #skipped = false
  /** Told when the target, which is gone, has left its stale markers; undefined while it is there. */
  #onRetired: (() => void) | undefined
  /** The time of those markers. */
  #endTime = 0
  /** Ticks left out because the process was suspended or far too slow, or a scrape still waited for its turn. */
  missed = 0

  constructor(target: Target, source: Source, around: LoopSurroundings) {
    this.target = target
    this.#around = around
    this.#grid = gridOf(target, around)
    this.#scraper = new TargetScraper(target, source, around)
  }

  get source(): Source {
    return this.#scraper.source
  }

  /** The layout of its last batches; undefined before the first. */
  get layout(): Layout | undefined {
    return this.#scraper.layout
  }

  /** How the last scrape went; undefined before the first. */
  get last(): LastScrape | undefined {
    return this.#scraper.last
  }

  /** Begins to scrape: at the next of its times. */
  start(): void {
    this.#anchorIn(this.#delay())
  }

  /** The same target, as discovery and options have it now: where its times are others, it is scraped at those. */
  follow(target: Target): void {
    this.target = target
    this.#scraper.target = target
    const before = this.#grid
    this.#grid = gridOf(target, this.#around)
    if (isDeepStrictEqual(before, this.#grid)) return
    // It may have been scraped at this very time.
    const delay = this.#delay()
    this.#anchorIn(delay === 0 ? target.intervalMs : delay)
  }

  /** The options of the job are others: from the next scrape on they hold. */
  renew(): void {
    this.#scraper.renew()
  }

  /** The time of a tick, or of the end of a retirement, has come. */
  call(): void {
    if (this.#onRetired !== undefined) {
      this.#finishRetirement(this.#onRetired)
      return
    }
    const { agenda, receiver, turns } = this.#around
    const { intervalMs } = this.target
    const tick = this.due
    const late = receiver.clock.monotonic() - tick
    const passed = Math.floor(late / intervalMs)
    agenda.set(this, tick + (passed + 1) * intervalMs)
    // After a suspension all targets are late: each goes on at its next time, so that there is no burst.
    const busy = this.#isRunning || this.#waitingTick !== undefined
    const skips = busy || (late > intervalMs / 2 && !this.#skipped)
    this.#skipped = skips
    const missed = passed + (skips ? 1 : 0)
    this.missed += missed
    if (missed > 0) receiver.collections.of(this.source.part).missed += missed
    if (skips) return
    this.#waitingTick = tick
    turns.request(this)
  }

  get makesSeries(): boolean {
    return this.#scraper.makesSeries
  }

  get ranOut(): boolean {
    return this.#scraper.ranOut
  }

  get answered(): boolean {
    return this.#scraper.answered
  }

  takeTurn(): void {
    const tick = this.#waitingTick
    this.#waitingTick = undefined
    if (tick !== undefined) void this.#scrape(this.#timeOf(tick))
  }

  /**
   * Ends scraping, as Prometheus does: the target may come back, or its series by another target, so stale markers
   * wait for two of its intervals and a tenth. They bear the time of the first scrape that there is not.
   */
  retire(onRetired: () => void): void {
    const { agenda, receiver } = this.#around
    this.#interrupt()
    if (this.last === undefined) {
      this.stop(false)
      onRetired()
      return
    }
    this.#onRetired = onRetired
    const wait = Math.max(0, this.due - receiver.clock.monotonic())
    this.#endTime = receiver.clock.now() + Math.round(wait)
    agenda.set(this, this.due + 1.1 * this.target.intervalMs)
  }

  /** A retired target is there again: goes on as if it had not been away. */
  resume(target: Target): void {
    const { agenda, receiver } = this.#around
    const { intervalMs } = this.#grid
    this.#onRetired = undefined
    const ticks = Math.ceil((receiver.clock.monotonic() - this.#anchor) / intervalMs)
    agenda.set(this, this.#anchor + Math.max(0, ticks) * intervalMs)
    this.follow(target)
  }

  /** Ends it at once. With stale markers where they are wanted; its series else just end. */
  stop(leavesMarkers: boolean): void {
    const { agenda, receiver } = this.#around
    agenda.remove(this)
    this.#interrupt()
    if (leavesMarkers) this.#scraper.retire(receiver.clock.now())
    this.#scraper.dispose()
  }

  /** Milliseconds to the next of its times. */
  #delay(): number {
    const { receiver, scraper } = this.#around
    const { url, labels } = this.target
    return firstDelay([...scraper, url, ...labels], this.#grid, receiver.clock.now())
  }

  #anchorIn(delay: number): void {
    const { agenda, receiver } = this.#around
    this.#anchorWall = receiver.clock.now() + delay
    this.#anchor = receiver.clock.monotonic() + delay
    agenda.set(this, this.#anchor)
  }

  #finishRetirement(onRetired: () => void): void {
    const { receiver } = this.#around
    this.#scraper.retire(this.#endTime, [...this.#around.successors(this.target)])
    receiver.forget(this.source)
    this.#scraper.dispose()
    onRetired()
  }

  async #scrape(time: number): Promise<void> {
    const running = (this.#running ??= new AbortController())
    this.#isRunning = true
    try {
      await this.#scraper.scrape(time, running.signal)
    } catch (error) {
      this.#around.receiver.logger.error('scraping has a defect', { target: this.source.part, error })
    }
    if (this.#running !== running) return
    this.#isRunning = false
    this.#around.turns.end(this)
  }

  /** Ends the scrape that is under way, or waits, without a trace. */
  #interrupt(): void {
    if (this.#isRunning) {
      this.#running?.abort()
      this.#running = undefined
      this.#isRunning = false
    }
    this.#waitingTick = undefined
    this.#around.turns.end(this)
  }

  /** The time of the samples of a tick: as planned where that is near, which compresses better, else as it is. */
  #timeOf(tick: number): number {
    const { clock } = this.#around.receiver
    const now = clock.now()
    const planned = this.#anchorWall + Math.round(tick - this.#anchor)
    return Math.abs(now - planned) <= Math.min(2, this.target.intervalMs / 100) ? planned : now
  }
}

function gridOf({ intervalMs }: Target, { job: { alignMs, offsetMs } }: LoopSurroundings): GridOptions {
  return { intervalMs, alignMs, offsetMs }
}
