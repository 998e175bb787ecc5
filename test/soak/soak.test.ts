import { expect, test } from 'vitest'
import { temporaryFolder } from '../temporary-folder.ts'
import { Soak } from './soak-run.ts'
import { bytesPerHour, lowsOf, type Reading } from './watch.ts'

test('some seconds of random faults under load lose nothing that was acknowledged, by OTLP or remote write', async () => {
  await using folder = await temporaryFolder()
  const { readings, faults, acknowledged, samples, ...bad } = await Soak.run({
    folder: folder.path,
    durationMs: 12_000,
    seed: 3,
    series: 20,
    pauseMs: 20,
    readEveryMs: 500,
  })
  expect(Object.keys(faults).length).toBeGreaterThan(0)
  expect(acknowledged).toBeGreaterThan(0)
  expect(Object.values(samples).every((count) => count > 0)).toBe(true)
  expect(bad).toMatchObject({ lost: [], disordered: 0, refused: [], imbalanced: 0 })
  expect(readings.length).toBeGreaterThan(0)
})

test('a run without faults lives once, and loses nothing', async () => {
  await using folder = await temporaryFolder()
  const { faults, lost, samples } = await Soak.run({
    folder: folder.path,
    durationMs: 1000,
    seed: 3,
    series: 20,
    pauseMs: 20,
    readEveryMs: 200,
    isCalm: true,
  })
  expect(faults).toEqual({})
  expect(lost).toEqual([])
  expect(Object.values(samples).every((count) => count > 0)).toBe(true)
})

const resident = ({ residentBytes }: Reading): number => residentBytes

function readingsOf(residents: readonly number[]): Reading[] {
  return residents.map((residentBytes, minute) => ({
    at: minute * 60_000,
    residentBytes,
    heapBytes: 1,
    externalBytes: 1,
    openFiles: 1,
    delayP99Seconds: 0,
    imbalances: [],
  }))
}

test('a slope is that of the line through the readings', () => {
  const readings = readingsOf([1000, 1010, 1020, 1030])
  expect(bytesPerHour(readings, resident)).toBeCloseTo(600)
  expect(bytesPerHour(readings, ({ heapBytes }) => heapBytes)).toBe(0)
})

test('lows are the least of each part of the readings, and there are no more of them than readings', () => {
  expect(lowsOf(readingsOf([5, 3, 9, 4, 8, 6]), 3, resident)).toEqual([3, 4, 6])
  expect(lowsOf(readingsOf([5, 3]), 5, resident)).toEqual([5, 3])
})
