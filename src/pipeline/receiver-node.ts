import type { Receiver, ReceiverContext } from '#src/component/define.ts'
import type { ComponentConfig } from '#src/config/configuration.ts'
import type { Batch } from '#src/model/batch.ts'
import type { Layout } from '#src/model/layout.ts'
import type { Source } from '#src/model/source.ts'
import type { Collections } from '#src/telemetry/collections.ts'
import type { ComponentNode } from './component-node.ts'
import { pointsIn } from './consumer.ts'
import { FanOut } from './fan-out.ts'
import type { Receipt } from './receipt.ts'
import { runStart } from './start.ts'

/** What was counted last of a source. */
interface Counted {
  /** The id of its layout. */
  layout: number
  series: number
}

/** A receiver in the graph: counts what it emits and what the pipelines made of it. */
export class ReceiverNode {
  readonly node: ComponentNode
  /** The heads of the pipelines that list it. */
  readonly pipelines = new FanOut()
  #receiver: Receiver | undefined
  readonly #sources = new Map<Source, Counted>()

  constructor(node: ComponentNode) {
    this.node = node
  }

  /** What the receiver is given. */
  contextWith(collections: Collections): ReceiverContext {
    return {
      ...this.node.context,
      collections,
      emit: (batches, receipt) => this.#emit(batches, receipt),
      forget: (source) => this.#forget(source),
    }
  }

  /** Puts the instance in its place; there is none where its factory failed. */
  attach(receiver: Receiver | undefined): void {
    this.#receiver = receiver
    this.node.targets = receiver?.targets
  }

  /**
   * Lets the running instance check other options. Undefined where it cannot take any.
   *
   * @returns what makes them hold
   * @throws ConfigError where they do not go together
   */
  prepare(config: ComponentConfig): (() => void) | undefined {
    const { node } = this
    const receiver = this.#receiver
    if (node.failed || node.config.definition !== config.definition) return undefined
    const change = node.run(() => receiver?.reconfigure?.(config.options))
    if (change === undefined) return undefined
    return () => {
      node.run(change)
      node.config = config
    }
  }

  async start(): Promise<void> {
    await runStart(this.node, async () => this.#receiver?.start())
  }

  /** Stops it, if it was started at all. */
  async stop(): Promise<void> {
    const started = this.node.state !== 'starting'
    if (!this.node.failed) this.node.become('stopping')
    this.node.abort()
    if (started) await this.node.runStop(async () => this.#receiver?.stop())
    if (!this.node.failed) this.node.become('stopped')
  }

  /** Makes the pipelines forget all its sources, when it leaves the graph. */
  forgetSources(): void {
    for (const source of this.#sources.keys()) this.#forget(source)
  }

  #emit(batches: readonly Batch[], receipt?: Receipt): boolean {
    const { ledger } = this.node
    const points = pointsIn(batches)
    for (const { layout } of batches) this.#count(layout)
    this.node.touch()
    const accepted = this.pipelines.consume(batches, receipt)
    if (accepted) ledger.accepted += points
    else ledger.refused += points
    return accepted
  }

  #count(layout: Layout): void {
    const totals = this.node.collections?.of(layout.source.collection)
    let counted = this.#sources.get(layout.source)
    if (counted === undefined) {
      counted = { layout: 0, series: 0 }
      this.#sources.set(layout.source, counted)
      if (totals !== undefined) totals.sources++
    }
    if (counted.layout === layout.id) return
    if (totals !== undefined) {
      // Edits count a series that came, one that went, and both where a slot changed hands.
      const follows = layout.previous !== 0 && counted.layout === layout.previous
      totals.churn += follows ? layout.edits.length : layout.size
      totals.series += layout.size - counted.series
    }
    counted.layout = layout.id
    counted.series = layout.size
  }

  #forget(source: Source): void {
    this.node.collections?.forget(source.collection, this.#sources.get(source)?.series)
    this.#sources.delete(source)
    this.pipelines.forget(source)
  }
}
