import { agents, type AgentName } from './agents.ts'
import { inRounds, type Bench } from './bench-run.ts'
import { measure, type Measurement } from './measurement.ts'
import { rows } from './rows.ts'
import type { StageOptions } from './stage.ts'
import { rowTable } from './table.ts'

const intervalsMs = [5000, 2000, 1000, 500, 200, 100]
const windowMs = 8000
/** Who delivers less of what is due lags. */
const keepsUp = 0.9
const workerCounts = [0, 1, 2]

/** The most that each agent delivers, alone on a CPU. */
export async function saturation(bench: Bench): Promise<string> {
  const results = await inRounds(bench, async () => {
    const best = new Map<string, Measurement>()
    for (const name of bench.agents)
      await measureInto(best, agents[name].title, bench.stage(rows.plain, [name]))
    return best
  })
  return rowTable('the most that it delivers, alone on a CPU', results)
}

/** The most that Weir delivers with worker threads, on all CPUs but the one of targets and sink where there are more than two. */
export async function saturationOfWorkers(bench: Bench): Promise<string> {
  const weir: AgentName = 'weir'
  const results = await inRounds(bench, async () => {
    const best = new Map<string, Measurement>()
    for (const workers of workerCounts) {
      const title = `service.workers: ${workers}`
      await measureInto(best, title, { ...bench.stage(rows.plain, [weir]), workers })
    }
    return best
  })
  return rowTable('the most that Weir delivers, by worker threads', results)
}

async function measureInto(
  best: Map<string, Measurement>,
  title: string,
  options: StageOptions,
): Promise<void> {
  const measurement = await measureSaturation(options)
  if (measurement !== undefined) best.set(title, measurement)
}

/**
 * Shortens the interval of an agent that runs alone until it lags, and gives the window in which it delivered most. It is
 * started anew for each interval, and measured when it has settled: nothing is made in the window that it knew before.
 */
async function measureSaturation(options: StageOptions): Promise<Measurement | undefined> {
  let best: Measurement | undefined
  for (const intervalMs of intervalsMs) {
    const row = { ...options.row, intervalMs, warmUp: Math.max(3, Math.ceil(4000 / intervalMs)) }
    const [measurement] = await measure({ ...options, row }, windowMs)
    if (measurement === undefined) break
    if (best === undefined || measurement.rate > best.rate) best = measurement
    if (!(measurement.delivered * measurement.punctual >= keepsUp)) break
  }
  return best
}
