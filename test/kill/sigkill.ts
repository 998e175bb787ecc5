/**
 * Kills the program at random instants, a thousand times unless told otherwise, and sees whether a number is lost that it
 * acknowledged:
 *
 *     npm run test:kill -- --times 1000 --seed 1
 */
import { parseArgs } from 'node:util'
import { temporaryFolder } from '../temporary-folder.ts'
import { killLoop } from './kill-loop.ts'

const { values } = parseArgs({
  options: { times: { type: 'string', default: '1000' }, seed: { type: 'string', default: '1' } },
})

await using folder = await temporaryFolder()
const report = await killLoop({
  folder: folder.path,
  times: Number(values.times),
  seed: Number(values.seed),
  tell(kills, acknowledged) {
    if (kills % 50 === 0) console.log(`${kills} kills, ${acknowledged} numbers acknowledged`)
  },
})
console.log(report)
if (report.lost.length + report.disordered.length + report.damaged.length > 0) process.exitCode = 1
