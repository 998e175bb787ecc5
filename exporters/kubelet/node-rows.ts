import type { ComponentContext } from '#src/component/define.ts'
import type { Batch } from '#src/model/batch.ts'
import type { Source } from '#src/model/source.ts'
import { SourceCells, type DropReason } from './cells.ts'
import { Rows } from './rows.ts'

/** How a node's rows are kept. */
export interface NodeRowsSettings {
  readonly nodeName: string
  /** Milliseconds after which a sample is too old to tell; 0 is never. */
  readonly expirationMs: number
}

/** The latest samples that a kubelet's endpoints are made of, from any receiver. */
export class NodeRows {
  readonly #settings: NodeRowsSettings
  readonly #context: Pick<ComponentContext, 'ledger' | 'logger' | 'clock'>
  readonly #sources = new Map<Source, SourceCells>()

  constructor(settings: NodeRowsSettings, context: Pick<ComponentContext, 'ledger' | 'logger' | 'clock'>) {
    this.#settings = settings
    this.#context = context
  }

  /** Takes a batch, and settles its points. */
  take(batch: Batch): void {
    const { ledger, clock } = this.#context
    const { source } = batch.layout
    let cells = this.#sources.get(source)
    if (cells === undefined)
      this.#sources.set(source, (cells = new SourceCells(source, this.#settings.nodeName)))
    const dropped = cells.take(batch, clock.monotonic())
    let served = batch.size
    for (const [reason, points] of dropped) {
      ledger.dropped.add(reason, points)
      served -= points
    }
    ledger.delivered += served
    this.#tell(dropped, source)
  }

  /** Metrics that no kubelet serves are the ordinary case; those of another node may be a mistake. */
  #tell(dropped: ReadonlyMap<DropReason, number>, source: Source): void {
    const points = dropped.get('other_node')
    if (points === undefined) return
    this.#context.logger.warn('series of another node are left out: node_name says which node is served', {
      node: this.#settings.nodeName,
      points,
      source: source.id,
    })
  }

  /** Forgets a source and all its series. */
  forget(source: Source): void {
    this.#sources.delete(source)
  }

  /** The rows as they are now: what was not refreshed in time is not among them. */
  current(): Rows {
    const { expirationMs } = this.#settings
    const earliest = expirationMs === 0 ? -Infinity : this.#context.clock.monotonic() - expirationMs
    const rows = new Rows()
    let number = 0
    for (const cells of this.#sources.values()) {
      for (const cell of cells.since(earliest)) rows.add(cell, number)
      number++
    }
    return rows
  }
}
