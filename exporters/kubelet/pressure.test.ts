import { expect, test } from 'vitest'
import { averagePressure, type PressureAverages } from './pressure.ts'

const windows = ['avg10', 'avg60', 'avg300'] as const

function after(cycles: number, lost: number, passed: number, averages?: PressureAverages): PressureAverages {
  for (let cycle = 1; cycle < cycles; cycle++) averages = averagePressure(averages, lost, passed)
  return averagePressure(averages, lost, passed)
}

test('a share that stays is what all averages come to, the short one first', () => {
  const { avg10, avg60, avg300 } = after(2, 3, 15)
  expect([avg10, avg60, avg300].map((average) => average.toFixed(2))).toEqual(['19.00', '7.87', '1.90'])
  for (const window of windows) expect(after(200, 3, 15)[window]).toBeCloseTo(20, 2)
  expect(averagePressure(after(200, 3, 15), 0, 15).avg10).toBeCloseTo(4.46, 2)
})

test('two steps of 2 s come to what one of 4 s does', () => {
  for (const window of windows) expect(after(2, 1, 2)[window]).toBeCloseTo(after(1, 2, 4)[window], 9)
})

test('no more is lost than there was', () => {
  expect(averagePressure({ avg10: 100, avg60: 100, avg300: 100 }, 20, 15).avg10).toBeCloseTo(100, 9)
})
