import { setTimeout as sleep } from 'node:timers/promises'
import { Stage, type StageOptions } from './stage.ts'

/** What one agent did in one window. */
export interface Measurement {
  /** CPU seconds per million samples that the sink received. */
  readonly cpuPerReceived: number
  /** The same by samples that the targets served. */
  readonly cpuPerServed: number
  /** Samples received a second. */
  readonly rate: number
  /** The share of a CPU that it used. */
  readonly load: number
  /** Received for each that was served: below 1 it lags, above 1 it catches up or adds series of its own. */
  readonly delivered: number
  /** Scrapes that were made for each that was due. */
  readonly punctual: number
  /** Resident memory in MB: the median of the window, and the highest since the start. */
  readonly resident: number
  readonly peak: number
  /** Bytes of requests for each sample. */
  readonly wireBytes: number
  /** What went wrong. */
  readonly failure: string | undefined
}

const failed = {
  cpuPerReceived: Number.NaN,
  cpuPerServed: Number.NaN,
  rate: 0,
  load: Number.NaN,
  delivered: 0,
  punctual: 0,
  resident: Number.NaN,
  peak: Number.NaN,
  wireBytes: Number.NaN,
}

/** Runs a row and measures its agents in one window of so many whole intervals. */
export async function measure(options: StageOptions, windowMs: number): Promise<Measurement[]> {
  const { row } = options
  await using stage = await Stage.open(options)
  const intervals = Math.max(1, Math.ceil(windowMs / row.intervalMs))
  // Not longer than twice the time that it should take: who lags even then is measured lagging.
  await stage.untilReceived(row.warmUp * stage.series, 2 * row.warmUp * row.intervalMs)
  return await Promise.all(
    stage.agents.map(async (_, agent) =>
      measureAgent(stage, agent, intervals * row.intervalMs).catch((error: unknown) => ({
        ...failed,
        failure: String(error),
      })),
    ),
  )

  async function measureAgent(stage: Stage, index: number, durationMs: number): Promise<Measurement> {
    const agent = stage.agents[index]
    if (agent === undefined) throw new Error('no such agent')
    // One target gives and takes all at once: the window begins halfway to its next scrape.
    if (stage.targets === 1) {
      await stage.untilServedMore(index, 2 * row.intervalMs)
      await sleep(row.intervalMs / 2)
    }
    const look = async () => ({
      at: performance.now(),
      usage: await agent.usage(),
      served: await stage.served(index),
      received: await stage.received(index),
    })
    const before = await look()
    const watching = agent.watch()
    await sleep(durationMs)
    const after = await look()
    const resident = agent.endWatch()
    await watching
    const seconds = (after.at - before.at) / 1000
    const cpu = after.usage.cpu - before.usage.cpu
    const samples = after.received.samples - before.received.samples
    const served = after.served.samples - before.served.samples
    return {
      cpuPerReceived: (cpu / samples) * 1e6,
      cpuPerServed: (cpu / served) * 1e6,
      rate: samples / seconds,
      load: cpu / seconds,
      delivered: samples / served,
      punctual: served / ((stage.series * seconds * 1000) / row.intervalMs),
      resident,
      peak: after.usage.peak,
      wireBytes: (after.received.bytes - before.received.bytes) / samples,
      failure: after.received.bad > 0 ? `${after.received.bad} requests that cannot be read` : undefined,
    }
  }
}
