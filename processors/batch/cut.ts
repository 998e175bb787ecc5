import { Batch, columnsOf } from '#src/model/batch.ts'

/**
 * Cuts a batch after a number of data points, by slot ranges: both parts share layout and columns.
 *
 * @param points at least 1, and less than the batch has
 */
export function cutBatch(batch: Batch, points: number): readonly [head: Batch, tail: Batch] {
  const { walk, layout } = batch
  let end = points
  if (batch.slots !== undefined) {
    // A selection may hold holes, which are no points.
    let counted = 0
    for (end = 0; counted < points && end < walk.length; end++) {
      if (layout.series[walk[end] ?? -1] !== undefined) counted++
    }
  }
  return [part(batch, walk.subarray(0, end)), part(batch, walk.subarray(end))]
}

function part(batch: Batch, slots: Int32Array): Batch {
  if (batch.exemplars === undefined) return batch.withSlots(slots)
  const first = slots[0] ?? 0
  const last = slots.at(-1) ?? -1
  const exemplars = batch.exemplars.filter(({ slot }) => slot >= first && slot <= last)
  return new Batch(batch.layout, { ...columnsOf(batch), slots, exemplars })
}
