import type { Ledger } from '#src/telemetry/ledger.ts'
import type { ComponentReport } from './component-report.ts'
import { SummedComponent } from './summed-component.ts'
import type { AskTargets } from './summed-targets.ts'

/** The components of all workers. */
export class SummedComponents {
  readonly #ask: AskTargets
  readonly #components = new Map<string, SummedComponent>()

  constructor(ask: AskTargets) {
    this.#ask = ask
  }

  [Symbol.iterator](): Iterator<SummedComponent> {
    return this.#components.values()
  }

  /** Takes what a worker says of all that it runs. */
  update(worker: number, reports: readonly ComponentReport[]): void {
    const there = new Set<SummedComponent>()
    for (const report of reports) {
      const key = `${report.kind} ${report.id} ${report.pipeline ?? ''}`
      let component = this.#components.get(key)
      if (component === undefined) {
        component = new SummedComponent(report, this.#ask)
        this.#components.set(key, component)
      }
      component.update(worker, report)
      there.add(component)
    }
    for (const [key, component] of this.#components)
      if (!there.has(component) && component.leave(worker)) this.#components.delete(key)
  }

  /**
   * A worker died.
   *
   * @param accountOf what takes the place of what it had said of a component
   * @param time Unix time in milliseconds
   */
  lose(
    worker: number,
    error: string,
    time: number,
    accountOf: (report: ComponentReport) => Ledger | undefined,
  ): void {
    for (const component of this.#components.values()) {
      const report = component.reportOf(worker)
      if (report !== undefined) component.lose(worker, error, accountOf(report), time)
    }
  }

  /** There is nothing in workers any more. */
  clear(): void {
    this.#components.clear()
  }
}
