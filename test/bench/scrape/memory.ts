import { agents } from './agents.ts'
import { byTitle, inRounds, type Bench } from './bench-run.ts'
import { smallSeries } from './data-set.ts'
import { measure } from './measurement.ts'
import { rows } from './rows.ts'
import { median, section, type RowResults } from './table.ts'
import { standardSeries } from '../scrape-bodies.ts'

/** Cycles until all that an agent keeps is made, and three in which it settles. */
const warmUp = 6

/** Memory that 100,000 series more take: what the standard data set takes above 10,000 series, over the difference of series. */
export async function marginalMemory(bench: Bench): Promise<string> {
  const { agents: names, windowMs } = bench
  const measureRow = async (dataSet: 'small' | 'standard'): Promise<RowResults> =>
    inRounds(bench, async () =>
      byTitle(names, await measure(bench.stage({ ...rows.plain, dataSet, warmUp }, names), windowMs)),
    )
  const small = await measureRow('small')
  const large = await measureRow('standard')
  const hundredThousands = (standardSeries - smallSeries) / 1e5
  const lines = names.map((name) => {
    const { title } = agents[name]
    const resident = (results: RowResults): number =>
      median((results.get(title) ?? []).map((measurement) => measurement.resident))
    const marginal = (resident(large) - resident(small)) / hundredThousands
    return [title, ...[resident(small), resident(large), marginal].map((value) => value.toFixed(0))]
  })
  const titles = ['', 'RSS MB, 10,000 series', `RSS MB, ${standardSeries.toLocaleString('en')} series`]
  return section('Memory of series', [...titles, 'MB per 100,000 series more'], lines)
}
