import { Batch } from '#src/model/batch.ts'
import { Layout } from '#src/model/layout.ts'
import { emptyScope } from '#src/model/resource.ts'
import { makeDescriptor, Metric } from '#src/model/series.ts'
import { Source } from '#src/model/source.ts'
import type { FamilyIdentity } from './exposition-type.ts'
import { LatestSamples } from './latest-samples.ts'

/** The place of the constant sample in every capture. */
export const targetInfoNumber = 0

/** What the family of resources is, and its help: the Collector's. */
export const targetInfoIdentity: FamilyIdentity = { type: 'info', shape: 'flat', created: false }

export const targetInfoMetric = new Metric(
  'target_info',
  makeDescriptor({ kind: 'info', description: 'Target metadata' }),
  emptyScope,
)

/** A source that says 1 for ever: the value of every row that lists a resource. */
export function constantOne(): LatestSamples {
  const source = new Source('prometheus', 'target_info')
  const samples = new LatestSamples(source, targetInfoNumber)
  const layout = new Layout(source, [undefined], 0, undefined, [])
  samples.follow(layout, [])
  samples.take(new Batch(layout, { time: 0, values: Float64Array.of(1) }), Infinity)
  return samples
}
