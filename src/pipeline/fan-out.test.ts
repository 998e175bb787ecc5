import { expect, test } from 'vitest'
import { CapturedBatches } from '#src/testing/captured-batches.ts'
import { batchOf, series } from '#src/testing/series.ts'
import { FanOut } from './fan-out.ts'
import { Receipt, type Settlement } from './receipt.ts'

test('a branch that refuses takes nothing from its siblings, and fails the receipt', () => {
  const good = new CapturedBatches()
  const full = new CapturedBatches()
  full.accepting = false
  const settlements: Settlement[] = []
  const receipt = new Receipt((settlement) => settlements.push(settlement))
  expect(new FanOut([full, good]).consume([batchOf([[series('a'), 1]])], receipt)).toBe(true)
  receipt.settle()
  expect(good.points).toBe(1)
  expect(settlements).toEqual([
    { delivered: false, reason: 'refused by a pipeline or an exporter', rejected: 0 },
  ])
})

test('all branches refusing is a refusal, which leaves the receipt alone', () => {
  const full = new CapturedBatches()
  full.accepting = false
  const settlements: Settlement[] = []
  const receipt = new Receipt((settlement) => settlements.push(settlement))
  expect(new FanOut([full, full]).consume([], receipt)).toBe(false)
  expect(settlements).toEqual([])
  expect(new FanOut().consume([])).toBe(false)
})

test('forgetting a source reaches every branch', () => {
  const branches = [new CapturedBatches(), new CapturedBatches()]
  const { layout } = batchOf([[series('a'), 1]])
  new FanOut(branches).forget(layout.source)
  expect(branches.map(({ forgotten }) => forgotten)).toEqual([[layout.source], [layout.source]])
})
