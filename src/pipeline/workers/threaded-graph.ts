import type { ComponentKind } from '#src/component/define.ts'
import type { Configuration } from '#src/config/configuration.ts'
import { notHeldBack } from '#src/telemetry/logger.ts'
import type { ComponentStatus, WorkerStatus } from '#src/telemetry/service-view.ts'
import { makeAndDiscard } from '../dry-run.ts'
import { Graph, type LossReport } from '../graph.ts'
import type { GraphContext } from '../parts.ts'
import { planThreads, withPipelines } from './thread-plan.ts'
import { WorkerPool } from './worker-pool.ts'

/** What the graph over several threads needs. */
export interface ThreadedGraphContext extends Pick<GraphContext, 'clock' | 'logger'> {
  /** Writes a line of the log that a worker made, as it is. */
  writeLine(line: string): void
}

/** The order in which components are listed: that of the data. */
const kinds: readonly ComponentKind[] = ['receiver', 'processor', 'exporter']

/**
 * The running pipelines, over as many threads as the configuration wants: some on the main thread, the others in every
 * worker, for its share of the targets. What workers encode is sent by the exporters on the main thread.
 */
export class ThreadedGraph {
  readonly #context: ThreadedGraphContext
  readonly #graph: Graph
  readonly #pool: WorkerPool
  /** What the workers run; undefined where there are none. */
  #moved: Configuration | undefined
  #applied = false

  constructor(context: ThreadedGraphContext) {
    this.#context = context
    const graph = new Graph(context)
    this.#graph = graph
    this.#pool = new WorkerPool({ ...context, queueOf: (exporter) => graph.queueOf(exporter) })
  }

  /** Every component that runs, receivers first; those in workers as the sum of all of them. */
  components(): ComponentStatus[] {
    const main = new Map<string, ComponentStatus>()
    for (const status of this.#graph.components()) main.set(keyOf(status), status)
    for (const summed of this.#pool.components) {
      summed.main = main.get(keyOf(summed))
      main.set(keyOf(summed), summed)
    }
    return [...main.values()].toSorted(
      (first, second) => kinds.indexOf(first.kind) - kinds.indexOf(second.kind),
    )
  }

  workers(): WorkerStatus[] {
    return this.#pool.statuses
  }

  async refresh({ targets = false } = {}): Promise<void> {
    await this.#pool.refresh(targets)
  }

  /**
   * Makes the threads what a configuration says, as `Graph.apply` does for one. First the workers let go of what is
   * about to be replaced on the main thread or to move there, then the main thread changes, then the workers do.
   *
   * @throws what `Graph.apply` throws; where a factory refuses its options, nothing has changed
   */
  async apply(configuration: Configuration): Promise<void> {
    const { main, moved, staying } = planThreads(configuration)
    if (moved !== undefined) makeAndDiscard(moved)
    const kept = this.#moved && reduced(this.#moved, moved)
    if (kept !== this.#moved) await this.#moveTo(kept)
    try {
      await this.#graph.apply(main)
      if (moved !== undefined) await this.#moveTo(moved)
    } catch (error) {
      // A start that fails leaves nothing behind; after a reload that does, the configuration before is applied again.
      if (!this.#applied) await this.stop(0)
      throw error
    }
    this.#applied = true
    for (const [pipeline, reason] of staying)
      this.#context.logger.info('a pipeline stays on the main thread', {
        pipeline,
        reason,
        [notHeldBack]: true,
      })
  }

  /**
   * Stops everything: receivers, processors, then exporters, which drain up to the deadline.
   *
   * @returns what was lost, by exporter; empty where nothing was
   */
  async stop(deadlineMs: number): Promise<LossReport[]> {
    const losses = new Map<string, number>()
    const onMain = await this.#graph.stop(deadlineMs, this.#pool.flush())
    for (const { exporter, points } of [...onMain, ...(await this.#pool.finish())])
      losses.set(exporter, (losses.get(exporter) ?? 0) + points)
    await this.#moveTo(undefined)
    return [...losses].map(([exporter, points]) => ({ exporter, points })).filter(({ points }) => points > 0)
  }

  async #moveTo(configuration: Configuration | undefined): Promise<void> {
    this.#moved = configuration
    await this.#pool.apply(configuration)
  }
}

function keyOf({ kind, id, pipeline }: ComponentStatus): string {
  return `${kind} ${id} ${pipeline ?? ''}`
}

/**
 * What workers run of one configuration while the main thread changes to another: without the pipelines that leave them, and
 * without exporters that are replaced. The same where there are none; undefined where the workers end.
 */
function reduced(running: Configuration, next: Configuration | undefined): Configuration | undefined {
  if (next === undefined || next.workers !== running.workers) return undefined
  const stays = (exporter: string): boolean =>
    running.exporters.get(exporter)?.fingerprint === next.exporters.get(exporter)?.fingerprint
  const all = [...running.pipelines.values()]
  const pipelines = all.filter(({ id }) => next.pipelines.has(id))
  if (pipelines.length === all.length && all.every(({ exporters }) => exporters.every(stays))) return running
  return withPipelines(
    running,
    pipelines.map((pipeline) => ({ ...pipeline, exporters: pipeline.exporters.filter(stays) })),
  )
}
