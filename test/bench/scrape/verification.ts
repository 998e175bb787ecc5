import { setTimeout as sleep } from 'node:timers/promises'
import { compareJournals, type Comparison } from './journal.ts'
import { Stage, type StageOptions } from './stage.ts'

/** How what an agent sent differs from what was exposed to it. */
export interface Verification extends Comparison {
  /** Scrapes that failed by its own account, as those do that take too long: their samples were compared with none. */
  readonly failedScrapes: number
}

/**
 * Runs a row with one agent for some scrapes, takes the targets away, and compares all that was exposed with all that was
 * received: the series, their values in order, and the end of each, be it within a scrape, with a scrape that failed, or
 * with its target.
 */
export async function verify(options: StageOptions): Promise<Verification> {
  const { row } = options
  await using stage = await Stage.open({ ...options, journal: true })
  await stage.untilReceived(3 * stage.series, 12 * row.intervalMs)
  await stage.endTargets(0)
  await sleep(2 * row.intervalMs)
  for (let before = -1; ;) {
    const { staleMarkers } = await stage.received(0)
    if (staleMarkers === before) break
    before = staleMarkers
    await sleep(3000)
  }
  const { bad } = await stage.received(0)
  const { exposed, received } = await stage.journals(0)
  const comparison = compareJournals(exposed.journal, received)
  const nothing = comparison.samples === 0 ? ['nothing was received'] : []
  const examples = [...nothing, ...exposed.lost.slice(0, 5), ...comparison.examples]
  if (examples.length > 0) console.error(await stage.agents[0]?.log())
  return {
    ...comparison,
    bad: comparison.bad + bad + exposed.lost.length + nothing.length,
    examples,
    failedScrapes: exposed.failed,
  }
}
