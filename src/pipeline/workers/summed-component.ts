import type { ComponentKind } from '#src/component/define.ts'
import { Collections, type CollectionTotals } from '#src/telemetry/collections.ts'
import { Ledger } from '#src/telemetry/ledger.ts'
import type { QueueStatus } from '#src/telemetry/queue-status.ts'
import type { ComponentPart, ComponentState, ComponentStatus } from '#src/telemetry/service-view.ts'
import type { TargetsView } from '#src/telemetry/targets-view.ts'
import type { ComponentReport } from './component-report.ts'
import { SummedTargets, type AskTargets } from './summed-targets.ts'

/** The states, those that weigh most first: the sum has the weightiest of its parts. */
const weights: readonly ComponentState[] = [
  'permanent_error',
  'recoverable_error',
  'starting',
  'stopping',
  'stopped',
  'ok',
]

/** What one worker said of it last. */
interface Part {
  report: ComponentReport
  /** Undefined where the worker died. */
  instance: number | undefined
  /** By source. The same objects as long as the component is, since a counter starts over with its holder. */
  readonly sources: Map<string, CollectionTotals>
}

/**
 * A component that runs in every worker, as one: counts are summed, the state is the worst, sources and targets are
 * those of all. An exporter is on the main thread too.
 */
export class SummedComponent implements ComponentStatus {
  readonly kind: ComponentKind
  readonly id: string
  readonly pipeline: string | undefined
  readonly collections: Collections | undefined
  /** The instance on the main thread, where there is one. */
  main: ComponentStatus | undefined
  readonly #parts = new Map<number, Part>()
  /** The accounts of workers that died, with points that are still on their way. */
  #inherited: Ledger[] = []
  #ledger = new Ledger()
  readonly #targets: SummedTargets | undefined

  constructor({ kind, id, pipeline }: Pick<ComponentReport, 'kind' | 'id' | 'pipeline'>, ask: AskTargets) {
    this.kind = kind
    this.id = id
    this.pipeline = pipeline
    if (kind !== 'receiver') return
    this.collections = new Collections()
    this.#targets = new SummedTargets(id, ask)
  }

  /** Takes what a worker says. */
  update(worker: number, report: ComponentReport): void {
    const part = this.#parts.get(worker)
    if (part?.instance !== report.instance) {
      // Its counts start over, and with them the sum.
      if (part?.instance !== undefined) this.#ledger = new Ledger()
      const sources = updated(new Map(), report.sources)
      this.#parts.set(worker, { report, instance: report.instance, sources })
    } else {
      part.report = report
      updated(part.sources, report.sources)
    }
    if (this.collections !== undefined) this.#collect(this.collections, report.sources !== undefined)
    if (report.targets !== undefined) this.#targets?.update(worker, report.targets)
  }

  /**
   * A worker died, with all that it had.
   *
   * @param error how
   * @param account what takes the place of its counts; undefined where those stay as they were
   * @param time Unix time in milliseconds
   */
  lose(worker: number, error: string, account: Ledger | undefined, time: number): void {
    const part = this.#parts.get(worker)
    if (part?.instance === undefined) return
    const last = new Ledger()
    last.add(part.report.counts)
    this.#inherited = folded([...this.#inherited, account ?? last])
    const counts = new Ledger().counts()
    part.report = { ...part.report, state: 'recoverable_error', error, since: time, counts }
    part.instance = undefined
    part.sources.clear()
    if (this.collections !== undefined) this.#collect(this.collections, true)
    this.#targets?.lose(worker)
  }

  /** A worker does not run it any more. Returns whether no other does. */
  leave(worker: number): boolean {
    this.#parts.delete(worker)
    if (this.collections !== undefined) this.#collect(this.collections, true)
    this.#targets?.lose(worker)
    return this.#parts.size === 0
  }

  /** What a worker that lives said last. */
  reportOf(worker: number): ComponentReport | undefined {
    const part = this.#parts.get(worker)
    return part?.instance === undefined ? undefined : part.report
  }

  get state(): ComponentState {
    return this.#worst.state
  }

  get error(): string | undefined {
    return this.#worst.error ?? this.main?.error
  }

  get since(): number {
    return this.#worst.since
  }

  get lastActivity(): number | undefined {
    const times = this.#all.flatMap(({ lastActivity }) => lastActivity ?? [])
    return times.length === 0 ? undefined : Math.max(...times)
  }

  get location(): string | undefined {
    return this.main?.location
  }

  get queueStatus(): QueueStatus | undefined {
    return this.main?.queueStatus
  }

  /** The sum, in an object that stays the same as long as it does not start over. */
  get ledger(): Ledger {
    this.#ledger.clear()
    if (this.main !== undefined) this.#ledger.add(this.main.ledger.counts())
    this.#addWorkers(this.#ledger)
    return this.#ledger
  }

  /** What the workers have of the sum, those that died among them. */
  get workersLedger(): Ledger {
    const ledger = new Ledger()
    this.#addWorkers(ledger)
    return ledger
  }

  get targets(): TargetsView | undefined {
    return this.#targets?.view
  }

  get parts(): readonly ComponentPart[] {
    return [...this.#parts]
      .toSorted(([first], [second]) => first - second)
      .map(([worker, { report }]) => {
        const { state, error, since, lastActivity, counts } = report
        const ledger = new Ledger()
        ledger.add(counts)
        return { worker, state, error, since, lastActivity, ledger }
      })
  }

  get #all(): readonly Pick<ComponentStatus, 'state' | 'error' | 'since' | 'lastActivity'>[] {
    const reports = [...this.#parts.values()].map(({ report }) => report)
    return this.main === undefined ? reports : [this.main, ...reports]
  }

  get #worst(): Pick<ComponentStatus, 'state' | 'error' | 'since'> {
    return (
      this.#all.toSorted((first, second) => rank(first) - rank(second) || second.since - first.since)[0] ?? {
        state: 'starting',
        since: 0,
      }
    )
  }

  #addWorkers(ledger: Ledger): void {
    for (const inherited of this.#inherited) ledger.add(inherited.counts())
    for (const { report } of this.#parts.values()) ledger.add(report.counts)
  }

  #collect(collections: Collections, sourcesChanged: boolean): void {
    const intervals = [...this.#parts.values()].flatMap(({ report }) => report.intervalMs ?? [])
    collections.intervalMs = intervals.length === 0 ? undefined : Math.max(...intervals)
    if (!sourcesChanged) return
    collections.bySource.clear()
    for (const [worker, { sources }] of this.#parts) {
      for (const [source, totals] of sources) {
        // Workers name their sources each for itself.
        const name = collections.bySource.has(source) ? `${source}@${worker}` : source
        collections.bySource.set(name, totals)
      }
    }
  }
}

function rank({ state }: Pick<ComponentStatus, 'state'>): number {
  return weights.indexOf(state)
}

/** Brings totals up to date, and takes out those that are gone. */
function updated(
  known: Map<string, CollectionTotals>,
  reported: ComponentReport['sources'],
): Map<string, CollectionTotals> {
  if (reported === undefined) return known
  const there = new Map(reported)
  for (const source of known.keys()) if (!there.has(source)) known.delete(source)
  for (const [source, totals] of there) {
    const before = known.get(source)
    if (before === undefined) known.set(source, totals)
    else Object.assign(before, totals)
  }
  return known
}

/** The same accounts, those as one that nothing will be added to any more. */
function folded(ledgers: readonly Ledger[]): Ledger[] {
  const done = new Ledger()
  for (const ledger of ledgers) if (ledger.queued === 0) done.add(ledger.counts())
  return [done, ...ledgers.filter(({ queued }) => queued > 0)]
}
