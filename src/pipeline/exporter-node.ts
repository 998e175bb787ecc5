import type { Exporter } from '#src/component/define.ts'
import type { Batch } from '#src/model/batch.ts'
import type { Source } from '#src/model/source.ts'
import type { RequestSink } from '#src/queue/request-queue.ts'
import type { ComponentNode } from './component-node.ts'
import { pointsIn, type Consumer } from './consumer.ts'
import type { Receipt } from './receipt.ts'
import { runStart } from './start.ts'

/** An exporter in the graph: counts what it takes, and keeps its errors from its siblings. */
export class ExporterNode implements Consumer {
  readonly node: ComponentNode
  readonly #exporter: Exporter | undefined
  /** Where its start failed, it refuses everything. */
  #works = true

  /** Without an exporter (its factory failed) it refuses everything. */
  constructor(node: ComponentNode, exporter: Exporter | undefined) {
    this.node = node
    this.#exporter = exporter
  }

  /** Where requests go that others encoded; undefined where it takes none, or could not be made or started. */
  get queue(): RequestSink | undefined {
    const queue = this.#works ? this.#exporter?.queue : undefined
    if (queue === undefined) return undefined
    return {
      limits: queue.limits,
      format: queue.format,
      admits: (bytes) => this.node.run(() => queue.admits(bytes)),
      enqueue: (request) => {
        this.node.touch()
        this.node.run(() => queue.enqueue(request))
      },
    }
  }

  consume(batches: readonly Batch[], receipt?: Receipt): boolean {
    const points = pointsIn(batches)
    const { ledger, logger } = this.node
    const exporter = this.#exporter
    if (exporter === undefined || !this.#works) {
      ledger.refused += points
      return false
    }
    // Counted before the call, so that an exporter that settles at once is never ahead of its ledger.
    ledger.accepted += points
    let accepted = false
    try {
      accepted = this.node.run(() => exporter.consume(batches, receipt))
    } catch (error) {
      logger.error('the exporter failed on batches', { error })
    }
    if (accepted) {
      this.node.touch()
    } else {
      ledger.accepted -= points
      ledger.refused += points
    }
    return accepted
  }

  forget(source: Source): void {
    try {
      this.node.run(() => this.#exporter?.forget(source))
    } catch (error) {
      this.node.logger.error('the exporter failed to forget a source', { error, source: source.id })
    }
  }

  async start(): Promise<void> {
    this.#works = await runStart(this.node, async () => this.#exporter?.start?.())
    this.node.location = this.#exporter?.location
    this.node.queueOf = () => this.#exporter?.queueStatus
  }

  /** Drains until the deadline, if it was started at all. */
  async stop(deadline: AbortSignal): Promise<void> {
    const started = this.node.state !== 'starting'
    if (!this.node.failed) this.node.become('stopping')
    try {
      if (started) await this.node.run(async () => this.#exporter?.stop?.(deadline))
    } catch (error) {
      this.node.logger.error('the exporter failed to stop', { error })
    }
    this.node.abort()
    if (!this.node.failed) this.node.become('stopped')
  }
}
