import type { Processor } from '#src/component/define.ts'
import type { Source } from '#src/model/source.ts'
import { BatchStage } from './batch-stage.ts'
import type { ComponentNode } from './component-node.ts'
import type { Consumer } from './consumer.ts'
import type { Receipt } from './receipt.ts'
import type { Batch } from '#src/model/batch.ts'
import { SeriesStage } from './series-stage.ts'
import { StatefulStage } from './stateful-stage.ts'

/** The processors of one pipeline, wired: what enters at `head` leaves into the consumer it was made for. */
export interface Chain {
  readonly head: Consumer
  /** Equal for chains that do the same: ids and fingerprints of the processors. */
  readonly key: string
  /** In the order of the pipeline. */
  readonly nodes: readonly ComponentNode[]
  /** Whether another configuration may take it over: it was not stopped, and none of its processors failed. */
  readonly usable: boolean
  start(): Promise<void>
  /** Flushes, from the first processor to the last, into the consumer behind; then gives back what it held. Once. */
  stop(): Promise<void>
}

/** Takes the place of a chain that could not be made: refuses everything, so that nothing is lost unseen. */
class Refusal implements Consumer {
  consume(_batches: readonly Batch[], _receipt?: Receipt): boolean {
    return false
  }

  forget(_source: Source): void {
    // It never took anything.
  }
}

/**
 * Wires processors in front of a consumer.
 *
 * @param create makes the instance of a node, or fails the node, and with it the chain
 */
export function wireChain(
  nodes: readonly ComponentNode[],
  key: string,
  last: Consumer,
  create: (node: ComponentNode, next: Consumer) => Processor | undefined,
): Chain {
  const stateful: StatefulStage[] = []
  const stages: SeriesStage[] = []
  let head = last
  let stopped = false
  for (const node of nodes.toReversed()) {
    const processor = create(node, head)
    if (processor === undefined) {
      head = new Refusal()
    } else if ('mapSeries' in processor) {
      const stage = new SeriesStage(processor, head, node.ledger, node.logger)
      stages.push(stage)
      head = stage
    } else if ('mapBatch' in processor) {
      head = new BatchStage(processor, head, node.ledger, node.logger)
    } else {
      const stage = new StatefulStage(processor, node)
      stateful.unshift(stage)
      head = stage
    }
  }
  return {
    head,
    key,
    nodes,
    get usable() {
      return !stopped && !nodes.some(({ failed }) => failed)
    },
    async start() {
      for (const stage of stateful.toReversed()) await stage.start()
      for (const node of nodes) node.started()
    },
    async stop() {
      if (stopped) return
      stopped = true
      for (const node of nodes) {
        if (!node.failed) node.become('stopping')
        node.abort()
      }
      for (const stage of stateful) await stage.stop()
      for (const stage of stages) stage.dispose()
      for (const node of nodes) if (!node.failed) node.become('stopped')
    },
  }
}
