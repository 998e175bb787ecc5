/**
 * Lets faults happen under load for an hour, unless told otherwise, by a schedule that follows from the seed, and sees whether
 * anything that was acknowledged is lost and whether memory, files and the event loop stay as they are:
 *
 *     npm run test:soak -- --minutes 60 --seed 1
 *
 * With `--calm` nothing happens but load, which tells what memory does over one long life:
 *
 *     npm run test:soak -- --minutes 10 --calm
 *
 * What is resident rises with the first reloads, as the heap grows for what they leave behind for the collector, and then stays:
 * over minutes its slope tells nothing. A leak shows in the lows of heap or external, or in what is resident over an hour.
 */
import { parseArgs } from 'node:util'
import { temporaryFolder } from '../temporary-folder.ts'
import { Soak } from './soak-run.ts'
import { bytesPerHour, lowsOf, type MemoryPart, type Reading } from './watch.ts'

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
    series: { type: 'string', default: '200' },
    pause: { type: 'string', default: '50' },
    calm: { type: 'boolean', default: false },
    verbose: { type: 'boolean', default: false },
  },
})
/** The share of a life that caches and pools need to fill, which no slope is taken of. */
const warmUpShare = 0.2

const mebibyte = 2 ** 20

/** What is printed of memory. */
const memory: readonly (readonly [string, MemoryPart])[] = [
  ['resident', ({ residentBytes }) => residentBytes],
  ['heap', ({ heapBytes }) => heapBytes],
  ['external', ({ externalBytes }) => externalBytes],
]

function span(readings: readonly Reading[], pick: MemoryPart): string {
  const all = readings.map(pick)
  return `${Math.min(...all)} to ${Math.max(...all)}`
}

/** One line about one part of memory; the lows show whether a slope is of garbage that was not collected yet. */
function memoryLine(readings: readonly Reading[], name: string, pick: MemoryPart): string {
  const inMebibytes: MemoryPart = (reading) => Math.round(pick(reading) / mebibyte)
  const slope = (bytesPerHour(readings, pick) / mebibyte).toFixed(1)
  const lows = lowsOf(readings, 5, inMebibytes).join(' ')
  return `  ${name} ${span(readings, inMebibytes)} MiB, slope ${slope} MiB/h, lows ${lows}`
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
  isCalm: values.calm,
  ...(values.verbose
    ? { tell: (text: string) => console.log(`${((performance.now() - start) / 1000).toFixed(1)} s  ${text}`) }
    : {}),
})
const steady = readings.slice(Math.ceil(readings.length * warmUpShare))
const delays = steady.map(({ delayP99Seconds }) => delayP99Seconds).toSorted((a, b) => a - b)
console.log({ ...counts, lost: lost.length, refused: refused.length })
for (const line of [...lost.slice(0, 5), ...refused.slice(0, 5)]) console.log(line)
const hours = ((steady.at(-1)?.at ?? 0) - (steady[0]?.at ?? 0)) / 3_600_000
console.log(`memory over ${(hours * 60).toFixed(1)} minutes:`)
for (const [name, pick] of memory) console.log(memoryLine(steady, name, pick))
console.log(`open files: ${span(steady, ({ openFiles }) => openFiles)}`)
const median = delays[Math.floor(delays.length / 2)] ?? 0
console.log(
  `event loop p99: median ${(median * 1000).toFixed(1)} ms, highest ${((delays.at(-1) ?? 0) * 1000).toFixed(1)} ms (it is suspended now and then)`,
)
if (lost.length + refused.length + counts.disordered + counts.imbalanced > 0) process.exitCode = 1
