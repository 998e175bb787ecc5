import { expect, test } from 'vitest'
import { temporaryFolder } from '../temporary-folder.ts'
import { Soak } from './soak-run.ts'
import { bytesPerHour } from './watch.ts'

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

test('a slope is that of the line through the readings', () => {
  const readings = [0, 1, 2, 3].map((minute) => ({
    at: minute * 60_000,
    residentBytes: 1000 + minute * 10,
    heapBytes: 1,
    externalBytes: 1,
    openFiles: 1,
    delayP99Seconds: 0,
    imbalances: [],
  }))
  expect(bytesPerHour(readings)).toBeCloseTo(600)
})
