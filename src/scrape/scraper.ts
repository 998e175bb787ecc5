import { hostname } from 'node:os'
import type { ReceiverContext } from '#src/component/define.ts'
import type { Layout } from '#src/model/layout.ts'
import type { LabelPairs } from '#src/relabel/relabeling.ts'
import type {
  DroppedTargetStatus,
  RelabelTrace,
  TargetsView,
  TargetStatus,
} from '#src/telemetry/targets-view.ts'
import { Agenda } from './agenda.ts'
import { discardPlan, type PlannedJob } from './plan.ts'
import { traceSeries, traceTarget } from './relabel-trace.ts'
import { ScrapeTurns } from './scrape-turns.ts'
import { ScrapePool, type PoolSurroundings } from './scrape-pool.ts'
import { droppedStatus, targetStatus } from './target-status.ts'
import type { Target } from './target.ts'

/** Scrapes the targets of jobs, for a receiver. */
export class Scraper implements PoolSurroundings, TargetsView {
  readonly receiver: ReceiverContext
  readonly agenda: Agenda
  readonly turns: ScrapeTurns
  readonly scraper: readonly string[]
  readonly parts = new Set<string>()
  readonly #pools = new Map<string, ScrapePool>()
  readonly #retiring = new Set<ScrapePool>()

  /** @param identity what tells it from other replicas beside the name of the host: name, value, ... */
  constructor(receiver: ReceiverContext, identity: readonly string[] = []) {
    this.receiver = receiver
    this.agenda = new Agenda(receiver.clock)
    this.turns = new ScrapeTurns(receiver.clock)
    this.scraper = [hostname(), ...identity]
  }

  /** The jobs, by name. */
  get pools(): ReadonlyMap<string, ScrapePool> {
    return this.#pools
  }

  /**
   * Scrapes these jobs from now on. A job with the same options goes on undisturbed; of one with others, the targets that
   * stay the same do; what is no longer there is retired.
   */
  apply(plan: readonly PlannedJob[]): void {
    const wanted = new Set(plan.map(({ job }) => job.name))
    for (const [name, pool] of this.#pools) {
      if (wanted.has(name)) continue
      this.#pools.delete(name)
      this.#retiring.add(pool)
      pool.retire(() => this.#retiring.delete(pool))
    }
    for (const planned of plan) {
      const running = this.#pools.get(planned.job.name)
      if (running === undefined) {
        const pool = new ScrapePool(planned, this)
        this.#pools.set(planned.job.name, pool)
        pool.start()
      } else if (running.fingerprint === planned.fingerprint) discardPlan([planned])
      else running.reload(planned)
    }
  }

  /** Ends everything at once. */
  stop(leavesMarkers: boolean): void {
    for (const pool of [...this.#pools.values(), ...this.#retiring]) pool.stop(leavesMarkers)
    this.#pools.clear()
    this.#retiring.clear()
  }

  /** Readiness measures silence by the longest interval; without targets there is nothing to be silent about. */
  targetsChanged(): void {
    let intervalMs: number | undefined
    for (const { active } of this.#pools.values()) {
      for (const { target, last } of active.values()) {
        if (last !== undefined) intervalMs = Math.max(intervalMs ?? 0, target.intervalMs)
      }
    }
    this.receiver.collections.intervalMs = intervalMs
  }

  *active(): Generator<TargetStatus> {
    for (const { job, active } of this.#pools.values()) {
      for (const loop of active.values()) yield targetStatus(job, loop)
    }
  }

  *dropped(): Generator<DroppedTargetStatus> {
    for (const { job, dropped } of this.#pools.values()) {
      for (const target of dropped) yield droppedStatus(job, target)
    }
  }

  droppedCounts(): ReadonlyMap<string, number> {
    return new Map([...this.#pools].map(([name, { droppedCount }]) => [name, droppedCount]))
  }

  traceTarget(job: string, discovered: LabelPairs): RelabelTrace | undefined {
    const pool = this.#pools.get(job)
    return pool && traceTarget(pool.job, discovered.flat())
  }

  traceSeries(id: string, exposed: LabelPairs): RelabelTrace | undefined {
    for (const { job, active } of this.#pools.values()) {
      const loop = active.get(id)
      if (loop !== undefined) return traceSeries(job, loop.target, exposed.flat())
    }
    return undefined
  }

  *successors({ labels, key }: Target): Generator<Layout> {
    for (const { active } of this.#pools.values()) {
      for (const { target, layout } of active.values()) {
        if (layout !== undefined && target.key !== key && sameLabels(target.labels, labels)) yield layout
      }
    }
  }
}

function sameLabels(first: readonly string[], second: readonly string[]): boolean {
  return first.length === second.length && first.every((text, index) => text === second[index])
}
