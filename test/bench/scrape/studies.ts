import { byTitle, inRounds, type Bench } from './bench-run.ts'
import { churnFlat } from './churn-flat.ts'
import { measure } from './measurement.ts'
import { marginalMemory } from './memory.ts'
import { rows, type Row, type RowName } from './rows.ts'
import { saturation, saturationOfWorkers } from './saturation.ts'
import { rowTable } from './table.ts'

/** Measures something, and gives its table in Markdown. */
type Study = (bench: Bench) => Promise<string>

function windowOf(row: Row): Study {
  return async (bench) => {
    const { agents, stage, windowMs } = bench
    const results = await inRounds(bench, async () =>
      byTitle(agents, await measure(stage(row, agents), windowMs)),
    )
    return rowTable(row.title, results)
  }
}

const windows = Object.fromEntries(
  Object.entries(rows).map(([name, row]) => [name, windowOf(row)]),
) as Record<RowName, Study>

/** All that can be asked for, in the order in which it is measured by default. */
export const studies = {
  ...windows,
  memory: marginalMemory,
  'churn-flat': churnFlat,
  saturation,
  workers: saturationOfWorkers,
} as const satisfies Readonly<Record<string, Study>>

export type StudyName = keyof typeof studies
