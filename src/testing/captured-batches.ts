import type { AttributeValue } from '#src/model/attribute-set.ts'
import type { Batch } from '#src/model/batch.ts'
import type { Source } from '#src/model/source.ts'
import { pointsIn, type Consumer } from '#src/pipeline/consumer.ts'
import type { Receipt } from '#src/pipeline/receipt.ts'

/** One sample as a test likes to compare it. */
export interface Sample {
  readonly name: string
  readonly attributes: Readonly<Record<string, AttributeValue>>
  readonly value: number | 'stale'
  readonly time: number
}

/** A consumer that keeps what it was given. */
export class CapturedBatches implements Consumer {
  readonly batches: Batch[] = []
  readonly forgotten: Source[] = []
  /** Set to false to make it refuse. */
  accepting = true
  /** Receipts are held here, unsettled, where this is set; else they are left to the sender. */
  held: Receipt[] | undefined

  consume(batches: readonly Batch[], receipt?: Receipt): boolean {
    if (!this.accepting) return false
    this.batches.push(...batches)
    if (receipt !== undefined) this.held?.push(receipt.retain())
    return true
  }

  forget(source: Source): void {
    this.forgotten.push(source)
  }

  get points(): number {
    return pointsIn(this.batches)
  }

  /** All samples, in order. */
  get samples(): Sample[] {
    return this.batches.flatMap(samplesOf)
  }

  /** The samples so far, which are then forgotten. */
  take(): Sample[] {
    const { samples } = this
    this.batches.length = 0
    return samples
  }
}

/** The samples of a batch, by slot. */
export function samplesOf(batch: Batch): Sample[] {
  const samples: Sample[] = []
  for (const slot of batch.walk) {
    const series = batch.layout.series[slot]
    if (series === undefined) continue
    samples.push({
      name: series.name,
      attributes: Object.fromEntries(series.attributes),
      value: batch.isStale(slot) ? 'stale' : (batch.values[slot] ?? Number.NaN),
      time: batch.timeAt(slot),
    })
  }
  return samples
}
