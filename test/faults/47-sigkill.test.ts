import { expect, test } from 'vitest'
import { killLoop } from '../kill/kill-loop.ts'
import { temporaryFolder } from '../temporary-folder.ts'

// `npm run test:kill` does it a thousand times.
test('47: what was acknowledged survives kills at random instants, in order, and nothing has to be mended by hand', async () => {
  await using folder = await temporaryFolder()
  const report = await killLoop({ folder: folder.path, times: 12, seed: 47 })
  expect(report.acknowledged).toBeGreaterThan(100)
  expect(report).toMatchObject({ kills: 12, lost: [], disordered: [], damaged: [] })
})
