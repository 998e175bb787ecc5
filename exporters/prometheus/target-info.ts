import { Batch } from '#src/model/batch.ts'
import { Layout } from '#src/model/layout.ts'
import { emptyScope } from '#src/model/resource.ts'
import { makeDescriptor, Metric } from '#src/model/series.ts'
import { Source } from '#src/model/source.ts'
import type { FamilyIdentity } from './exposition-type.ts'
import { LatestSamples } from './latest-samples.ts'

/** The number of the source of constants, in every capture. */
export const constantsNumber = 0

/** What the family of resources is. */
export const targetInfoIdentity: FamilyIdentity = { type: 'info', shape: 'flat', created: false }

/** The family of resources, with the Collector's help. */
export const targetInfoMetric = new Metric(
  'target_info',
  makeDescriptor({ kind: 'info', description: 'Target metadata' }),
  emptyScope,
)

/** A source of which every slot says 1 for ever: the values of the rows that list resources. */
export class Constants {
  readonly samples: LatestSamples
  readonly #free: number[] = []
  #length = 0

  constructor() {
    this.samples = new LatestSamples(new Source('prometheus', 'target_info'), constantsNumber)
  }

  /** A slot, until it is given back. */
  take(): number {
    const slot = this.#free.pop()
    if (slot !== undefined) return slot
    const { samples } = this
    const { length = 0 } = samples.current?.values ?? {}
    if (this.#length === length) {
      const values = new Float64Array(Math.max(16, 2 * length)).fill(1)
      samples.take(new Batch(new Layout(samples.source, [], 0, undefined, []), { time: 0, values }), Infinity)
    }
    return this.#length++
  }

  give(slot: number): void {
    this.#free.push(slot)
  }
}
