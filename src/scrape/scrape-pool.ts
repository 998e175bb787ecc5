import type { ReceiverContext } from '#src/component/define.ts'
import type { PlannedDiscovery } from '#src/discovery/discoveries.ts'
import type { DiscoveredLabels, Discovery } from '#src/discovery/discovery.ts'
import type { Layout } from '#src/model/layout.ts'
import { Source } from '#src/model/source.ts'
import type { Agenda } from './agenda.ts'
import type { PlannedJob } from './plan.ts'
import { ScrapeFailure } from './scrape-failure.ts'
import type { ScrapeJob } from './scrape-job.ts'
import type { ScrapeTurns } from './scrape-turns.ts'
import { buildTarget } from './target-labels.ts'
import { TargetLoop, type LoopSurroundings } from './target-loop.ts'
import type { DroppedTarget, Target } from './target.ts'

/** Targets are brought up to what discovery says this often at most: it may tell of many changes in a row. */
const syncEveryMs = 5000

/** What the pools of one receiver share. */
export interface PoolSurroundings {
  readonly receiver: ReceiverContext
  readonly agenda: Agenda
  readonly turns: Pick<ScrapeTurns, 'request' | 'end'>
  /** Who scrapes: replicas differ in it, so that they do not scrape at the same time. */
  readonly scraper: readonly string[]
  /** The parts of sources in use. */
  readonly parts: Set<string>
  /** The layouts of active targets, of all pools, that have the labels of a target, and so its series. */
  successors(target: Target): Iterable<Layout>
  /** Targets came or went. */
  targetsChanged(): void
}

/** What a discovery found last; undefined before it told. */
interface Finding {
  readonly discovery: Discovery
  targets: readonly DiscoveredLabels[] | undefined
}

/** The targets of one job: what discovery finds, scraped; what it no longer finds, retired. */
export class ScrapePool implements LoopSurroundings {
  readonly receiver: ReceiverContext
  readonly agenda: Agenda
  readonly turns: Pick<ScrapeTurns, 'request' | 'end'>
  readonly scraper: readonly string[]
  readonly #around: PoolSurroundings
  #plan: PlannedJob
  /** By fingerprint. */
  #findings = new Map<string, Finding>()
  #built = new Map<DiscoveredLabels, Target | DroppedTarget>()
  readonly #active = new Map<string, TargetLoop>()
  readonly #retiring = new Map<string, TargetLoop>()
  #dropped: readonly DroppedTarget[] = []
  #droppedCount = 0
  #lastSync = -Infinity
  #cancelSync: (() => void) | undefined
  #onEmpty: (() => void) | undefined
  /** Why nothing of the job can be scraped at present; undefined where all is well. */
  blocked: ScrapeFailure | undefined

  constructor(plan: PlannedJob, around: PoolSurroundings) {
    this.receiver = around.receiver
    this.agenda = around.agenda
    this.turns = around.turns
    this.scraper = around.scraper
    this.#around = around
    this.#plan = plan
  }

  get job(): ScrapeJob {
    return this.#plan.job
  }

  /** Of the options that it was made of. */
  get fingerprint(): string {
    return this.#plan.fingerprint
  }

  /** The loops that scrape. */
  get active(): ReadonlyMap<string, TargetLoop> {
    return this.#active
  }

  /** Dropped targets that are remembered. */
  get dropped(): readonly DroppedTarget[] {
    return this.#dropped
  }

  /** How many targets are dropped. */
  get droppedCount(): number {
    return this.#droppedCount
  }

  start(): void {
    this.#discover(this.#plan.discoveries)
  }

  /** Goes on by other options. Targets that are the same by them are scraped on, by the new options. */
  reload(plan: PlannedJob): void {
    const before = this.#plan
    before.job.client.close()
    this.#plan = plan
    this.#built.clear()
    if (before.seriesFingerprint !== plan.seriesFingerprint) {
      for (const loop of [...this.#active.values(), ...this.#retiring.values()]) loop.renew()
    }
    this.#discover(plan.discoveries)
    this.#planSync(true)
  }

  /** Ends all at once. */
  stop(leavesMarkers: boolean): void {
    this.#endDiscovery()
    for (const loop of [...this.#active.values(), ...this.#retiring.values()]) loop.stop(leavesMarkers)
    this.#active.clear()
    this.#retiring.clear()
    this.job.client.close()
  }

  /** Ends discovery, and retires all targets as if it found none. `onEmpty` is told when the last one is gone. */
  retire(onEmpty: () => void): void {
    this.#endDiscovery()
    this.#apply(new Map())
    this.job.client.close()
    if (this.#retiring.size === 0) onEmpty()
    else this.#onEmpty = onEmpty
  }

  successors(target: Target): Iterable<Layout> {
    return this.#around.successors(target)
  }

  /** Runs these discoveries. One that ran with the same options goes on. */
  #discover(planned: readonly PlannedDiscovery[]): void {
    const before = this.#findings
    this.#findings = new Map()
    for (const { fingerprint, discovery } of planned) {
      const running = before.get(fingerprint)
      before.delete(fingerprint)
      if (this.#findings.has(fingerprint)) discovery.stop()
      else this.#findings.set(fingerprint, running ?? this.#begin(discovery))
      if (running !== undefined) discovery.stop()
    }
    for (const { discovery } of before.values()) discovery.stop()
  }

  #begin(discovery: Discovery): Finding {
    const finding: Finding = { discovery, targets: undefined }
    discovery.start((targets) => {
      const isFirst = finding.targets === undefined
      finding.targets = targets
      this.#planSync(isFirst)
    })
    return finding
  }

  #endDiscovery(): void {
    this.#discover([])
    this.#cancelSync?.()
    this.#cancelSync = undefined
  }

  /** Changes that come together are taken together. */
  #planSync(atOnce: boolean): void {
    const { clock } = this.receiver
    const wait = this.#lastSync + syncEveryMs - clock.monotonic()
    if (atOnce) this.#cancelSync?.()
    else if (this.#cancelSync !== undefined) return
    this.#cancelSync = clock.after(atOnce ? 0 : Math.max(0, wait), () => this.#sync())
  }

  #sync(): void {
    this.#cancelSync = undefined
    this.#lastSync = this.receiver.clock.monotonic()
    const { share } = this.receiver
    const built = new Map<DiscoveredLabels, Target | DroppedTarget>()
    const wanted = new Map<string, Target>()
    const dropped: DroppedTarget[] = []
    for (const { targets = [] } of this.#findings.values()) {
      for (const discovered of targets) {
        const target = this.#built.get(discovered) ?? buildTarget(discovered, this.job)
        built.set(discovered, target)
        if ('reason' in target) dropped.push(target)
        else if (wanted.has(target.key)) dropped.push({ discovered, reason: 'duplicate', detail: '' })
        else wanted.set(target.key, target)
      }
    }
    this.blocked = this.#limitFailure(wanted.size)
    for (const key of wanted.keys()) if (share?.takes(key) === false) wanted.delete(key)
    this.#built = built
    this.#droppedCount = dropped.length
    this.#dropped = dropped.slice(0, this.job.keepDroppedTargets)
    this.#apply(wanted)
  }

  #limitFailure(count: number): ScrapeFailure | undefined {
    const { targetLimit } = this.job
    if (targetLimit === 0 || count <= targetLimit) return undefined
    return new ScrapeFailure(
      'target_limit',
      `target limit exceeded: the job has ${count} targets, expected at most ${targetLimit}`,
    )
  }

  #apply(wanted: ReadonlyMap<string, Target>): void {
    for (const [key, loop] of this.#active) {
      if (wanted.has(key)) continue
      this.#active.delete(key)
      this.#retiring.set(key, loop)
      loop.retire(() => this.#retired(key, loop))
    }
    for (const [key, target] of wanted) {
      const active = this.#active.get(key)
      active?.follow(target)
      if (active !== undefined) continue
      const retiring = this.#retiring.get(key)
      this.#retiring.delete(key)
      const loop = retiring ?? new TargetLoop(target, this.#sourceOf(target), this)
      this.#active.set(key, loop)
      if (retiring === undefined) loop.start()
      else loop.resume(target)
    }
    this.#around.targetsChanged()
  }

  #retired(key: string, loop: TargetLoop): void {
    this.#retiring.delete(key)
    this.#around.parts.delete(loop.source.part)
    if (this.#retiring.size === 0) this.#onEmpty?.()
  }

  /** Named by job and place; what is not unique by that, by its key as well. No parameter is in it: it may be a secret. */
  #sourceOf({ url, key }: Target): Source {
    const { host, pathname } = new URL(url)
    const place = `${this.job.name}/${host}${pathname === '/metrics' ? '' : pathname}`
    const { parts } = this.#around
    const part = parts.has(place) ? `${place}#${key}` : place
    parts.add(part)
    return new Source(this.receiver.id, part)
  }
}
