import { agents, type AgentName } from './agents.ts'
import type { Measurement } from './measurement.ts'
import type { Row } from './rows.ts'
import type { StageOptions } from './stage.ts'
import type { RowResults } from './table.ts'

/** What was asked for, for whoever measures. */
export interface Bench {
  readonly agents: readonly AgentName[]
  readonly rounds: number
  /** How long a window is, in milliseconds. */
  readonly windowMs: number
  /** How long memory is watched, in milliseconds. */
  readonly watchMs: number
  /** A stage for a row with these agents. */
  readonly stage: (row: Row, agents: readonly AgentName[]) => StageOptions
}

/** Measures once a round, and puts together what was measured of each agent. */
export async function inRounds(
  { rounds }: Bench,
  once: () => Promise<ReadonlyMap<string, Measurement>>,
): Promise<RowResults> {
  const results = new Map<string, Measurement[]>()
  for (let round = 1; round <= rounds; round++) {
    if (rounds > 1) console.error(`round ${round} of ${rounds}`)
    for (const [title, measurement] of await once()) {
      if (measurement.failure !== undefined) console.error(`${title}: ${measurement.failure}`)
      results.set(title, [...(results.get(title) ?? []), measurement])
    }
  }
  return results
}

/** What was measured of each agent, by its title. */
export function byTitle(
  names: readonly AgentName[],
  measurements: readonly Measurement[],
): Map<string, Measurement> {
  return new Map(
    measurements.flatMap((measurement, index) => {
      const name = names[index]
      return name === undefined ? [] : [[agents[name].title, measurement] as const]
    }),
  )
}
