import { setTimeout as sleep } from 'node:timers/promises'
import { agents } from './agents.ts'
import type { Bench } from './bench-run.ts'
import { rows } from './rows.ts'
import { Stage } from './stage.ts'
import { median, section } from './table.ts'

const lookMs = 2000

/** Memory at a time, in MB, and minutes since the watch began. */
interface Look {
  readonly minutes: number
  readonly resident: number
}

/** Whether memory stays flat while 1 % of the series are replaced at every scrape: what it was, and how it grows. */
export async function churnFlat({ agents: names, stage: stageOf, watchMs }: Bench): Promise<string> {
  const row = rows['churn-1']
  await using stage = await Stage.open(stageOf(row, names))
  await stage.untilReceived(row.warmUp * stage.series, 2 * row.warmUp * row.intervalMs)
  const start = performance.now()
  const looks = stage.agents.map((): Look[] => [])
  while (performance.now() - start < watchMs) {
    for (const [index, agent] of stage.agents.entries()) {
      if (!agent.isRunning) continue
      const { rss } = await agent.usage()
      looks[index]?.push({ minutes: (performance.now() - start) / 60_000, resident: rss })
    }
    await sleep(lookMs)
  }
  const lines = names.map((name, index) => lineOf(agents[name].title, looks[index] ?? []))
  const titles = [
    '',
    'RSS MB, first tenth',
    'last tenth',
    'highest',
    'MB a minute',
    'MB a minute, second half',
  ]
  const minutes = (watchMs / 60_000).toFixed(1)
  const ended = stage.agents.flatMap((agent, index) => {
    const name = names[index]
    return agent.isRunning || name === undefined ? [] : [`${agents[name].title} has ended`]
  })
  return section(`memory over ${minutes} minutes, 1 % of series replaced every scrape`, titles, lines, ended)
}

function lineOf(title: string, looks: readonly Look[]): string[] {
  const resident = looks.map((look) => look.resident)
  const tenth = Math.max(1, Math.floor(looks.length / 10))
  const figures = [median(resident.slice(0, tenth)), median(resident.slice(-tenth)), Math.max(...resident)]
  const slopes = [slope(looks), slope(looks.slice(looks.length >> 1))]
  return [title, ...figures.map((value) => value.toFixed(0)), ...slopes.map((value) => value.toFixed(2))]
}

/** MB a minute by least squares. */
function slope(looks: readonly Look[]): number {
  const mean = (of: (look: Look) => number): number =>
    looks.reduce((sum, look) => sum + of(look), 0) / looks.length
  const minutes = mean((look) => look.minutes)
  const resident = mean((look) => look.resident)
  const covariance = mean((look) => (look.minutes - minutes) * (look.resident - resident))
  return covariance / mean((look) => (look.minutes - minutes) ** 2)
}
