import type { ComponentContext } from '#src/component/define.ts'
import type { Batch } from '#src/model/batch.ts'
import type { FamilyIndex, SeriesDrop } from './family-index.ts'
import type { LatestSamples, RefusedSlots } from './latest-samples.ts'
import { winnerOf, type Row } from './row.ts'

/** Why a point is not shown. */
type DropReason = SeriesDrop | 'duplicate_series' | 'no_point' | 'out_of_order' | 'invalid_value'

/** What is said of each, once a minute. */
const messages: Readonly<Record<DropReason, string>> = {
  type_conflict: 'series are left out: their name belongs to a family of another type',
  duplicate_series: 'series are left out: another source has newer samples of the same ones',
  delta_temporality: 'sums that may fall are left out: their deltas do not add up to a value',
  no_point: 'histograms or summaries without a point are left out',
  out_of_order: 'delta points are left out: they are no later than what was counted before',
  invalid_value: 'delta points are left out: their value is negative or no number',
}

/** What a batch was taken by. */
interface Taker {
  readonly samples: LatestSamples
  readonly refused: RefusedSlots
  readonly index: FamilyIndex
}

/** Settles the points of a batch that was taken: each is shown now, or dropped for a reason. */
export function settle(batch: Batch, taker: Taker, { ledger, logger }: ComponentContext): void {
  const { samples, refused, index } = taker
  const troubled = index.troubled(samples)
  const points = index.pointSlots(samples)
  if (troubled.size + points.size + refused.size === 0) {
    ledger.delivered += batch.size
    return
  }
  const dropped = new Map<DropReason, number[]>()
  for (const slot of batch.walk) {
    if (batch.layout.series[slot] === undefined) continue
    const ended = batch.isStale(slot)
    const pointless = !ended && points.has(slot) && batch.points?.[slot] === undefined
    const reason = pointless ? 'no_point' : (refused.get(slot) ?? reasonOf(troubled.get(slot), ended))
    if (reason === undefined) ledger.delivered++
    else {
      const slots = dropped.get(reason)
      if (slots === undefined) dropped.set(reason, [slot])
      else slots.push(slot)
    }
  }
  for (const [reason, slots] of dropped) {
    ledger.dropped.add(reason, slots.length)
    const example = batch.layout.series[slots[0] ?? 0]
    logger.warn(messages[reason], {
      points: slots.length,
      source: samples.source.id,
      example: example?.name,
      labels: example === undefined ? undefined : Object.fromEntries(example.attributes),
    })
  }
}

function reasonOf(trouble: Row | SeriesDrop | undefined, ended: boolean): DropReason | undefined {
  if (trouble === undefined || typeof trouble === 'string') return trouble
  if (trouble.family === undefined) return 'type_conflict'
  if (ended || trouble.contest === undefined) return undefined
  const winner = winnerOf(trouble.contest, (samples) => samples.current)
  return winner === trouble ? undefined : 'duplicate_series'
}
