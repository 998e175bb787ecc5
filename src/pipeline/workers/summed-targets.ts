import type { LabelPairs } from '#src/relabel/relabeling.ts'
import type {
  DroppedTargetStatus,
  RelabelTrace,
  TargetsView,
  TargetStatus,
} from '#src/telemetry/targets-view.ts'
import type { TargetQuestion, TargetsReport } from './target-question.ts'

/** Asks a worker; undefined where it cannot answer. */
export type AskTargets = (worker: number, question: TargetQuestion) => Promise<RelabelTrace | undefined>

/** The targets of a receiver that runs in every worker, as they were reported last. */
export class SummedTargets implements TargetsView {
  readonly #component: string
  readonly #ask: AskTargets
  readonly #reports = new Map<number, TargetsReport>()

  constructor(component: string, ask: AskTargets) {
    this.#component = component
    this.#ask = ask
  }

  /** Undefined where no worker has any, since the receiver does not scrape. */
  get view(): TargetsView | undefined {
    return this.#reports.size === 0 ? undefined : this
  }

  update(worker: number, report: TargetsReport): void {
    this.#reports.set(worker, report)
  }

  lose(worker: number): void {
    this.#reports.delete(worker)
  }

  *active(): Generator<TargetStatus> {
    for (const { active } of this.#reports.values()) yield* active
  }

  /** Every worker finds the same, and drops the same. */
  dropped(): Iterable<DroppedTargetStatus> {
    return this.#any?.dropped ?? []
  }

  droppedCounts(): ReadonlyMap<string, number> {
    return this.#any?.droppedCounts ?? new Map()
  }

  async traceTarget(job: string, discovered: LabelPairs): Promise<RelabelTrace | undefined> {
    const [worker] = this.#reports.keys()
    return worker === undefined ? undefined : await this.#asked(worker, 'traceTarget', job, discovered)
  }

  async traceSeries(id: string, exposed: LabelPairs): Promise<RelabelTrace | undefined> {
    for (const [worker, { active }] of this.#reports) {
      if (active.some((target) => target.id === id))
        return await this.#asked(worker, 'traceSeries', id, exposed)
    }
    return undefined
  }

  get #any(): TargetsReport | undefined {
    const [report] = this.#reports.values()
    return report
  }

  async #asked(
    worker: number,
    method: TargetQuestion['method'],
    of: string,
    labels: LabelPairs,
  ): Promise<RelabelTrace | undefined> {
    return await this.#ask(worker, { component: this.#component, method, of, labels })
  }
}
