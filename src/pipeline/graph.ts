import type { Configuration } from '#src/config/configuration.ts'
import type { RequestSink } from '#src/queue/request-queue.ts'
import type { Ledger } from '#src/telemetry/ledger.ts'
import type { ComponentStatus } from '#src/telemetry/service-view.ts'
import type { Chain } from './chain.ts'
import type { Consumer } from './consumer.ts'
import type { ExporterNode } from './exporter-node.ts'
import { makeParts, noParts, type GraphContext, type Parts } from './parts.ts'
import type { ReceiverNode } from './receiver-node.ts'

/** What was lost at a stop, by exporter. */
export interface LossReport {
  readonly exporter: string
  /**
   * Data points that were accepted and not delivered: dropped at the stop, or still queued when time ran out and not in a
   * durable queue.
   */
  readonly points: number
}

/**
 * After a reload, a source of a replaced receiver or chain may take this long to come back before its series get
 * stale markers: two of the Collector's default collection intervals.
 */
export const handoverMs = 120_000

/** The running pipelines: made from a configuration, changed by another one in the parts that differ. */
export class Graph {
  readonly #context: GraphContext
  #parts: Parts = noParts
  #cancelHandover: (() => void) | undefined

  constructor(context: GraphContext) {
    this.#context = context
  }

  /** Every component that runs, receivers first. */
  *components(): Generator<ComponentStatus> {
    for (const { node } of this.#parts.receivers.values()) yield node
    for (const { chain } of this.#parts.pipelines.values()) yield* chain.nodes
    for (const { node } of this.#parts.exporters.values()) yield node
  }

  /**
   * Makes the graph what a configuration says. Parts that did not change go on undisturbed; the others are made first,
   * and nothing is touched if one cannot be made.
   *
   * @throws {GraphError} where a component refuses its options: if its factory does, the graph is as before
   * @throws {StartError} where a part cannot start; it is then stopped, and what had to make way for it is gone
   */
  async apply(configuration: Configuration): Promise<void> {
    const before = this.#parts
    const after = makeParts(configuration, before, this.#context)

    const leaving = missing(chains(before), chains(after))
    for (const { links } of before.pipelines.values()) for (const link of links.values()) link.beginReload()
    await Promise.all(missing(before.receivers, after.receivers).map(async (receiver) => receiver.stop()))
    // Receivers that stay are cut off from a chain before it is flushed: what they emit meanwhile is refused, and counted.
    for (const receiver of before.receivers.values()) {
      if (after.receivers.get(receiver.node.id) === receiver) {
        receiver.pipelines.connect(headsFor(receiver, before, (chain) => !leaving.includes(chain)))
      }
    }
    for (const chain of leaving) await chain.stop()
    for (const receiver of missing(before.receivers, after.receivers)) receiver.forgetSources()
    for (const { fanOut, links } of before.pipelines.values()) {
      fanOut.connect(
        [...links].filter(([id]) => stays(before.exporters, after.exporters, id)).map(([, link]) => link),
      )
    }
    await stopAll(missing(before.exporters, after.exporters), configuration.shutdownDeadlineMs)

    this.#parts = after
    try {
      await startAll(missing(after.exporters, before.exporters))
      for (const chain of missing(chains(after), chains(before))) await chain.start()
      this.#handOver(before, after)
      for (const receiver of after.receivers.values()) {
        receiver.pipelines.connect(headsFor(receiver, after, () => true))
      }
      await startAll(missing(after.receivers, before.receivers))
      for (const change of after.changes) change()
    } catch (error) {
      await this.#abandon(before, after)
      throw error
    }
  }

  /** The queue of an exporter, for what other threads encode. */
  queueOf(exporter: string): RequestSink | undefined {
    return this.#parts.exporters.get(exporter)?.queue
  }

  /**
   * Stops everything: receivers, then processors, which flush, then exporters, which drain up to the deadline.
   *
   * @param others settles when what other threads have for the exporters is in their queues
   * @returns what was lost, by exporter; less than nothing where a durable queue has points that others count as queued
   */
  async stop(deadlineMs: number, others?: Promise<void>): Promise<LossReport[]> {
    this.#cancelHandover?.()
    const { receivers, pipelines, exporters } = this.#parts
    const before = new Map([...exporters].map(([id, { node }]) => [id, node.ledger.dropped.total]))
    await Promise.all([...receivers.values()].map(async (receiver) => receiver.stop()))
    for (const { chain } of pipelines.values()) await chain.stop()
    await others
    await stopAll([...exporters.values()], deadlineMs)
    this.#parts = noParts
    return [...exporters]
      .map(([exporter, { node }]) => ({
        exporter,
        points: lostBy(node.ledger) - (before.get(exporter) ?? 0),
      }))
      .filter(({ points }) => points !== 0)
  }

  /** Connects the pipelines to their exporters, and ends the sources that can no longer come. */
  #handOver(before: Parts, after: Parts): void {
    const now = this.#context.clock.now()
    for (const [id, pipeline] of after.pipelines) {
      const replaced = before.pipelines.get(id)?.chain !== pipeline.chain
      pipeline.fanOut.connect([...pipeline.links.values()])
      for (const link of pipeline.links.values()) {
        link.endReload(replaced)
        link.end(({ receiver }) => !pipeline.config.receivers.includes(receiver), now)
      }
    }
    for (const [id, pipeline] of before.pipelines) {
      for (const [exporter, link] of pipeline.links) {
        const kept = after.pipelines.get(id)?.links.get(exporter) === link
        if (!kept && after.exporters.get(exporter) === before.exporters.get(exporter))
          link.end(() => true, now)
      }
    }
    this.#cancelHandover?.()
    if (before === noParts) return
    const replaced = new Set(
      [...after.receivers.keys()].filter((id) => before.receivers.get(id) !== after.receivers.get(id)),
    )
    this.#cancelHandover = this.#context.clock.after(handoverMs, () => {
      const time = this.#context.clock.now()
      for (const { links } of after.pipelines.values())
        for (const link of links.values()) link.endSilent(replaced, time)
    })
  }

  /** Ends what is new. What stayed goes on, so that the configuration before can be applied again. */
  async #abandon(before: Parts, after: Parts): Promise<void> {
    const fresh = missing(chains(after), chains(before))
    for (const receiver of after.receivers.values()) {
      if (before.receivers.get(receiver.node.id) === receiver) {
        receiver.pipelines.connect(headsFor(receiver, after, (chain) => !fresh.includes(chain)))
      } else {
        await receiver.stop()
      }
    }
    for (const chain of fresh) await chain.stop()
    const exporters = common(before.exporters, after.exporters)
    const now = this.#context.clock.now()
    for (const [id, { fanOut, links }] of after.pipelines) {
      const old = before.pipelines.get(id)
      const staying = [...links].filter(([exporter]) => exporters.has(exporter))
      for (const [exporter, link] of staying) if (old?.links.get(exporter) !== link) link.end(() => true, now)
      fanOut.connect(
        staying.filter(([exporter, link]) => old?.links.get(exporter) === link).map(([, link]) => link),
      )
    }
    await stopAll(missing(after.exporters, before.exporters), 0)
    const receivers = common(before.receivers, after.receivers)
    this.#parts = { exporters, pipelines: before.pipelines, receivers, changes: [] }
  }
}

/** Data points that are lost once the process ends. */
function lostBy({ dropped, queued, stored }: Ledger): number {
  return dropped.total + queued - stored
}

/** The nodes of the first map that the second one does not have under the same id. */
function missing<Node>(here: ReadonlyMap<string, Node>, there: ReadonlyMap<string, Node>): Node[] {
  return [...here].filter(([id, node]) => there.get(id) !== node).map(([, node]) => node)
}

function stays<Node>(
  before: ReadonlyMap<string, Node>,
  after: ReadonlyMap<string, Node>,
  id: string,
): boolean {
  return before.has(id) && before.get(id) === after.get(id)
}

function common<Node>(
  before: ReadonlyMap<string, Node>,
  after: ReadonlyMap<string, Node>,
): Map<string, Node> {
  return new Map([...before].filter(([id, node]) => after.get(id) === node))
}

function chains({ pipelines }: Parts): Map<string, Chain> {
  return new Map([...pipelines].map(([id, { chain }]) => [id, chain]))
}

function headsFor({ node }: ReceiverNode, { pipelines }: Parts, open: (chain: Chain) => boolean): Consumer[] {
  return [...pipelines.values()]
    .filter(({ config, chain }) => config.receivers.includes(node.id) && open(chain))
    .map(({ chain }) => chain.head)
}

/** Starts parts one after another: the first that cannot ends it. */
async function startAll(parts: readonly (ExporterNode | ReceiverNode)[]): Promise<void> {
  for (const part of parts) if (!part.node.failed) await part.start()
}

async function stopAll(exporters: readonly ExporterNode[], deadlineMs: number): Promise<void> {
  if (exporters.length === 0) return
  const deadline = AbortSignal.timeout(deadlineMs)
  // An exporter gets a second beyond the deadline to give up what is left; one that hangs is left behind.
  const patience = AbortSignal.timeout(deadlineMs + 1000)
  const late = new Promise<void>((resolve) =>
    patience.addEventListener('abort', () => resolve(), { once: true }),
  )
  await Promise.race([Promise.all(exporters.map(async (exporter) => exporter.stop(deadline))), late])
}
