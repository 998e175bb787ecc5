/**
 * Lets faults happen under load for an hour, unless told otherwise, by a schedule that follows from the seed, and sees whether
 * anything that was acknowledged is lost and whether memory, files and the event loop stay as they are:
 *
 *     npm run test:soak -- --minutes 60 --seed 1
 */
import { parseArgs } from 'node:util'
import { temporaryFolder } from '../temporary-folder.ts'
import { Soak } from './soak-run.ts'
import { bytesPerHour, type Reading } from './watch.ts'

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
    series: { type: 'string', default: '200' },
    pause: { type: 'string', default: '50' },
    verbose: { type: 'boolean', default: false },
  },
})
/** The share of a life that caches and pools need to fill, which no slope is taken of. */
const warmUpShare = 0.2

function span(readings: readonly Reading[], pick: (reading: Reading) => number): string {
  const all = readings.map(pick)
  return `${Math.min(...all)} to ${Math.max(...all)}`
}

await using folder = await temporaryFolder()
const start = performance.now()
const { readings, lost, refused, ...counts } = await Soak.run({
  folder: folder.path,
  durationMs: Number(values.minutes) * 60_000,
  seed: Number(values.seed),
  series: Number(values.series),
  pauseMs: Number(values.pause),
  readEveryMs: 5000,
  ...(values.verbose
    ? { tell: (text: string) => console.log(`${((performance.now() - start) / 1000).toFixed(1)} s  ${text}`) }
    : {}),
})
const steady = readings.slice(Math.ceil(readings.length * warmUpShare))
const delays = steady.map(({ delayP99Seconds }) => delayP99Seconds).toSorted((a, b) => a - b)
const mebibyte = 2 ** 20
console.log({ ...counts, lost: lost.length, refused: refused.length })
for (const line of [...lost.slice(0, 5), ...refused.slice(0, 5)]) console.log(line)
const hours = ((steady.at(-1)?.at ?? 0) - (steady[0]?.at ?? 0)) / 3_600_000
console.log(`memory: ${span(steady, ({ residentBytes }) => Math.round(residentBytes / mebibyte))} MiB`)
console.log(
  `  slope ${(bytesPerHour(steady) / mebibyte).toFixed(1)} MiB/h over ${(hours * 60).toFixed(1)} minutes`,
)
console.log(`open files: ${span(steady, ({ openFiles }) => openFiles)}`)
const median = delays[Math.floor(delays.length / 2)] ?? 0
console.log(
  `event loop p99: median ${(median * 1000).toFixed(1)} ms, highest ${((delays.at(-1) ?? 0) * 1000).toFixed(1)} ms (it is suspended now and then)`,
)
if (lost.length + refused.length + counts.disordered + counts.imbalanced > 0) process.exitCode = 1
