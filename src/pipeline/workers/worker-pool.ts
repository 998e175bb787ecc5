import { every, type Schedule } from '#src/component/schedule.ts'
import type { Configuration } from '#src/config/configuration.ts'
import type { WorkerStatus } from '#src/telemetry/service-view.ts'
import type { RelabelTrace } from '#src/telemetry/targets-view.ts'
import { memoryOfThisThread, noteOtherThreads } from '#src/telemetry/thread-memory.ts'
import type { LossReport } from '../graph.ts'
import { PoolWorker, type WorkerContext } from './pool-worker.ts'
import type { SummedComponent } from './summed-component.ts'
import { SummedComponents } from './summed-components.ts'
import type { TargetQuestion } from './target-question.ts'

/** How long a worker may take to stop its receivers, flush its processors and encode what is left. */
const flushPatienceMs = 10_000

/** The worker threads, all of which run the same configuration, each for its share of the targets. */
export class WorkerPool {
  readonly #context: WorkerContext
  readonly #components = new SummedComponents(async (worker, question) => await this.#ask(worker, question))
  #workers: readonly PoolWorker[] = []
  #ticks: Schedule | undefined
  #droppedBefore: ReadonlyMap<string, number> = new Map()

  constructor(context: WorkerContext) {
    this.#context = context
  }

  /** The components of all workers, as one each. */
  get components(): Iterable<SummedComponent> {
    return this.#components
  }

  get statuses(): WorkerStatus[] {
    return this.#workers.map(({ status }) => status)
  }

  /**
   * Makes all workers run a configuration. Where it wants another number of them, all are started anew.
   *
   * @param configuration undefined ends them
   * @throws what `Graph.apply` throws, from the first worker that does
   */
  async apply(configuration: Configuration | undefined): Promise<void> {
    const count = configuration?.workers ?? 0
    if (count !== this.#workers.length) {
      await this.flush()
      await this.finish()
      this.#workers = Array.from(
        { length: count },
        (_, index) => new PoolWorker(index + 1, count, this.#context, this.#components),
      )
      this.#ticks = this.#watch()
    }
    if (configuration === undefined) this.#components.clear()
    else await settleAll(this.#workers.map(async (worker) => await worker.apply(configuration)))
  }

  /** Brings up to date what is known, as far as workers answer. */
  async refresh(targets: boolean): Promise<void> {
    await Promise.all(this.#workers.map(async (worker) => await worker.ask('report', { targets })))
  }

  /** Stops what the workers run. When it settles all that they encoded is in the queues. Never rejects. */
  async flush(): Promise<void> {
    this.#droppedBefore = new Map(
      this.#exporters().map(({ id, workersLedger }) => [id, workersLedger.dropped.total]),
    )
    await Promise.all(this.#workers.map(async (worker) => await worker.flush(flushPatienceMs)))
  }

  /** Ends the workers, after a flush; returns what was lost since, by exporter. */
  async finish(): Promise<LossReport[]> {
    await this.#ticks?.stop()
    this.#ticks = undefined
    await Promise.all(this.#workers.map(async (worker) => await worker.end()))
    this.#workers = []
    noteOtherThreads(0)
    return this.#exporters().map(({ id, workersLedger: { dropped, queued } }) => ({
      exporter: id,
      points: dropped.total - (this.#droppedBefore.get(id) ?? 0) + queued,
    }))
  }

  #exporters(): SummedComponent[] {
    return [...this.#components].filter(({ kind }) => kind === 'exporter')
  }

  #watch(): Schedule | undefined {
    if (this.#workers.length === 0) return undefined
    const { clock, logger } = this.#context
    const tick = (): void => {
      const usedBytes = this.#workers.reduce((sum, worker) => sum + worker.usedBytes, 0)
      noteOtherThreads(usedBytes)
      for (const worker of this.#workers) worker.tick(usedBytes + memoryOfThisThread())
    }
    return every(clock, 1000, tick, {
      onError: (error) => logger.error('worker threads could not be watched', { error }),
    })
  }

  async #ask(number: number, question: TargetQuestion): Promise<RelabelTrace | undefined> {
    const answer = await this.#workers[number - 1]?.ask('trace', question)
    return answer?.answer as RelabelTrace | undefined
  }
}

/** Waits for all; throws what the first one threw, once none is under way any more. */
async function settleAll(promises: readonly Promise<void>[]): Promise<void> {
  const results = await Promise.allSettled(promises)
  for (const result of results) if (result.status === 'rejected') throw result.reason
}
