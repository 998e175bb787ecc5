import { expect, test } from 'vitest'
import { visitParts } from './classic-parts.ts'
import type { Point } from './point.ts'

function partsOf(point: Point): string[] {
  const parts: string[] = []
  visitParts(point, (role, bound, value) => parts.push(`${role} ${bound} ${value}`))
  return parts
}

test('bounds out of order make no part twice, and lose no count', () => {
  const totals = { kind: 'histogram', count: 10, sum: undefined, min: undefined, max: undefined } as const
  expect(partsOf({ ...totals, bounds: [1, 0, 1, 2], counts: [1, 2, 3, 4, 0] })).toEqual([
    'bucket 1 1',
    'bucket 2 10',
    'bucket Infinity 10',
    'count NaN 10',
  ])
})

test('quantiles out of order make no part twice', () => {
  const quantiles = [0.5, 0.1, 0.5, 0.9, Number.NaN].map((quantile) => ({ quantile, value: 1 }))
  expect(partsOf({ kind: 'summary', count: 1, sum: 1, quantiles })).toEqual([
    'quantile 0.5 1',
    'quantile 0.9 1',
    'sum NaN 1',
    'count NaN 1',
  ])
})
