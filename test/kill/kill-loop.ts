import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { SeededRandom } from '#src/testing/random.ts'
import { decode, RemoteWriteReceiver, type ReceivedRequest } from '#src/testing/remote-write-receiver.ts'
import { acknowledgedBy } from '../acknowledged-numbers.ts'
import { exporterValue } from '../own-metrics.ts'
import { pluginConfiguration } from '../plugin-configuration.ts'
import { WeirProcess } from '../weir-process.ts'

/** What a loop of kills came to. */
export interface KillReport {
  readonly kills: number
  /** Kills that came before the process had taken any data. */
  readonly duringStart: number
  /** Numbers that were acknowledged. */
  readonly acknowledged: number
  /** Of them, those that did not arrive. */
  readonly lost: readonly number[]
  /** Numbers that came before an older one of their series, but for those that were sent again. */
  readonly disordered: readonly number[]
  /** Numbers that arrived more than once. */
  readonly repeated: number
  /** Files in quarantine at the end. */
  readonly damaged: readonly string[]
}

/** How a loop is run. */
export interface KillOptions {
  /** A folder for the queue and the configuration. */
  readonly folder: string
  readonly times: number
  readonly seed: number
  /** Told after each kill. */
  readonly tell?: (kills: number, acknowledged: number) => void
}

const series = 3

/** What arrived, number by number. */
class Arrivals {
  /** How many of the series each number has come in, and how often. */
  readonly counts = new Map<number, number[]>()
  readonly disordered = new Set<number>()
  readonly #last: number[] = []

  take(request: ReceivedRequest): void {
    for (const { labels, samples } of decode(request).series) {
      if (labels['__name__'] !== 'number') continue
      const of = Number(labels['of'])
      for (const { value } of samples) this.#count(of, value)
    }
  }

  has(number: number): boolean {
    const counts = this.counts.get(number)
    return counts !== undefined && Array.from({ length: series }, (_, of) => counts[of] ?? 0).every(Boolean)
  }

  #count(of: number, number: number): void {
    const counts = this.counts.get(number) ?? []
    counts[of] = (counts[of] ?? 0) + 1
    this.counts.set(number, counts)
    if (counts[of] > 1) return
    if (number < (this.#last[of] ?? 0)) this.disordered.add(number)
    this.#last[of] = Math.max(number, this.#last[of] ?? 0)
  }
}

/**
 * Starts the program on one queue directory again and again, kills it at random instants, some of them while it starts, with a
 * receiver that is down half of the time; then lets it send all that waits, and compares what it acknowledged with what arrived.
 */
export async function killLoop({ folder, times, seed, tell }: KillOptions): Promise<KillReport> {
  const random = new SeededRandom(seed)
  const arrivals = new Arrivals()
  let isUp = false
  await using receiver = await RemoteWriteReceiver.start((request) => {
    receiver.requests.length = 0
    if (!isUp) return { status: 503 }
    arrivals.take(request)
    // An answer that is lost: the same comes again.
    return random.chance(0.05) ? { hangUp: true } : { status: 204 }
  })
  const acknowledged: number[] = []
  let duringStart = 0
  for (let kill = 1; kill <= times; kill++) {
    isUp = random.chance(0.5)
    const first = (acknowledged.at(-1) ?? 0) + 1000
    await using weir = await started(folder, receiver.url, random, { first })
    if (random.chance(0.25)) await sleep(random.below(600))
    else {
      // A queue that is full takes nothing before the receiver does.
      const relief = setTimeout(() => (isUp = true), 3000)
      await weir.until('data', () => weir.stdout !== '')
      clearTimeout(relief)
      await sleep(random.below(200))
    }
    await weir.end('SIGKILL')
    const numbers = acknowledgedBy(weir.stdout)
    if (numbers.length === 0) duringStart++
    acknowledged.push(...numbers.toSorted((a, b) => a - b))
    tell?.(kill, acknowledged.length)
  }
  isUp = true
  await drain(folder, receiver.url, random, (acknowledged.at(-1) ?? 0) + 1000, arrivals)
  return {
    kills: times,
    duringStart,
    acknowledged: acknowledged.length,
    lost: acknowledged.filter((number) => !arrivals.has(number)),
    disordered: [...arrivals.disordered],
    repeated: [...arrivals.counts.values()].filter((counts) => counts.some((count) => count > 1)).length,
    damaged: await readdir(join(folder, 'queue', 'prometheus_remote_write', 'quarantine')).catch(() => []),
  }
}

/** Lets a last process send all that waits, and end by itself. */
async function drain(
  folder: string,
  url: string,
  random: SeededRandom,
  number: number,
  arrivals: Arrivals,
): Promise<void> {
  await using weir = await started(folder, url, random, { first: number, count: 1 })
  await weir.until('the last number', () => arrivals.has(number))
  await weir.until('an empty queue', async () => exporterValue(await weir.metrics(), 'queued_points') === 0)
  const imbalance = exporterValue(await weir.metrics(), 'imbalance_points')
  if (imbalance !== 0) throw new Error(`${imbalance} points are not accounted for`)
  const { status } = await weir.end('SIGTERM')
  if (status !== 0) throw new Error(`the last process ended with status ${status}`)
}

async function started(
  folder: string,
  endpoint: string,
  random: SeededRandom,
  numbers: { readonly first: number; readonly count?: number },
): Promise<WeirProcess> {
  const file = join(folder, 'weir.yaml')
  const disk = {
    directory: join(folder, 'queue'),
    // Small, so that segments come and go.
    max_megabytes: 8,
    sync: random.pick(['batch', 'interval', 'none']),
    sync_interval: '20ms',
  }
  const text = pluginConfiguration({
    receivers: { acknowledged: { ...numbers, series } },
    exporters: {
      prometheus_remote_write: {
        endpoint,
        batch_send_deadline: '1ms',
        // Many requests, few samples each.
        max_samples_per_send: 256,
        remote_write_queue: { num_consumers: random.pick([1, 3, 5]), disk },
        retry_on_failure: { initial_interval: '5ms', max_interval: '20ms' },
      },
    },
  })
  await writeFile(file, text)
  return new WeirProcess(['--config', file])
}
