import type { SeriesProcessor } from '#src/component/define.ts'
import type { Batch } from '#src/model/batch.ts'
import type { Source } from '#src/model/source.ts'
import type { Ledger } from '#src/telemetry/ledger.ts'
import type { Logger } from '#src/telemetry/logger.ts'
import { pointsIn, type Consumer } from './consumer.ts'
import { MappedLayout } from './mapped-layout.ts'
import type { Receipt } from './receipt.ts'

/** Runs a function of identity over batches: once per series, not per sample. Columns pass untouched. */
export class SeriesStage implements Consumer {
  readonly #processor: SeriesProcessor
  readonly #next: Consumer
  readonly #ledger: Ledger
  readonly #logger: Logger
  readonly #layouts = new Map<Source, MappedLayout>()

  constructor(processor: SeriesProcessor, next: Consumer, ledger: Ledger, logger: Logger) {
    this.#processor = processor
    this.#next = next
    this.#ledger = ledger
    this.#logger = logger
  }

  /** A batch all of whose series are dropped goes on, empty: who follows must see that the source still speaks. */
  consume(batches: readonly Batch[], receipt?: Receipt): boolean {
    const points = pointsIn(batches)
    const mapped = batches.map((batch) =>
      batch.withLayout(this.#mapped(batch.layout.source).of(batch.layout)),
    )
    if (!this.#next.consume(mapped, receipt)) {
      this.#ledger.refused += points
      return false
    }
    this.#ledger.accepted += points
    for (const [index, batch] of batches.entries()) this.#countDrops(batch, mapped[index]?.size ?? 0)
    return true
  }

  forget(source: Source): void {
    this.#layouts.get(source)?.dispose()
    this.#layouts.delete(source)
    this.#next.forget(source)
  }

  /** Gives back what is held of every source, when the stage leaves the graph. */
  dispose(): void {
    for (const layout of this.#layouts.values()) layout.dispose()
    this.#layouts.clear()
  }

  #mapped(source: Source): MappedLayout {
    let mapped = this.#layouts.get(source)
    if (mapped === undefined) {
      mapped = new MappedLayout(
        source,
        (series) => this.#processor.mapSeries(series),
        (error, series) =>
          this.#logger.error('the processor failed on a series', { error, series: series.name }),
      )
      this.#layouts.set(source, mapped)
    }
    return mapped
  }

  #countDrops(batch: Batch, kept: number): void {
    const lost = batch.size - kept
    if (lost === 0) return
    const mapped = this.#mapped(batch.layout.source)
    const duplicates = within(batch, mapped.duplicates)
    const failed = within(batch, mapped.failed)
    this.#ledger.dropped.add('duplicate_series', duplicates)
    this.#ledger.dropped.add('processor_error', failed)
    this.#ledger.dropped.add(this.#processor.dropReason ?? 'filtered', lost - duplicates - failed)
  }
}

/** How many points of a batch are in these slots. */
function within(batch: Batch, slots: ReadonlySet<number>): number {
  if (slots.size === 0 || batch.slots === undefined) return slots.size
  let count = 0
  for (const slot of batch.slots) if (slots.has(slot)) count++
  return count
}
