/**
 * What a queue on disk costs, and how it gets rid of a backlog: CPU seconds per million samples of remote write with its queue in
 * memory and on disk, and then a receiver that was down for long comes back while new data keeps coming.
 *
 *     npm run bench:queue -- --megabytes 2048 --live 200000
 */
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { Batch } from '#src/model/batch.ts'
import { Source } from '#src/model/source.ts'
import { pushingExporter, type TestExporter } from '#src/testing/pushing-exporter.ts'
import { batchOf, series } from '#src/testing/series.ts'
import definition from '../../exporters/prometheus_remote_write/index.ts'

const { values: options } = parseArgs({
  options: {
    /** How much waits when the receiver comes back. */
    megabytes: { type: 'string', default: '2048' },
    /** Samples a second that come meanwhile. */
    live: { type: 'string', default: '200000' },
    /** Samples that each measurement of CPU takes, in millions. */
    millions: { type: 'string', default: '20' },
    /** How often it is measured; rows take turns. */
    rounds: { type: 'string', default: '5' },
    /** What is measured. */
    rows: { type: 'string', default: 'memory,none,interval,batch,backlog' },
    /** Where the queue is. */
    directory: { type: 'string', default: tmpdir() },
  },
})

const megabyte = 2 ** 20
const targets = 50
const seriesPerTarget = 2000
const cycleSamples = targets * seriesPerTarget

const layouts = Array.from(
  { length: targets },
  (_, target) =>
    batchOf(
      Array.from(
        { length: seriesPerTarget },
        (__, index) =>
          [
            series(`metric_${index % 100}_total`, {
              instance: `10.0.0.${target}`,
              job: 'bench',
              n: `${index}`,
            }),
            0,
          ] as const,
      ),
      { source: new Source('bench', `${target}`) },
    ).layout,
)

let time = Date.now()

/** What all targets say next: numbers that do not compress. */
function cycle(): Batch[] {
  time += 1000
  return layouts.map(
    (layout) =>
      new Batch(layout, { time, values: Float64Array.from({ length: seriesPerTarget }, Math.random) }),
  )
}

const scratch = await mkdtemp(join(options.directory, 'weir-bench-'))
const receiver = fork(fileURLToPath(new URL('null-receiver.ts', import.meta.url)))
const [port] = (await once(receiver, 'message')) as [number]

/** Remote write to the receiver, in memory or on disk. */
async function exporter(disk: object | undefined): Promise<TestExporter> {
  const made = pushingExporter(definition, {
    endpoint: `http://127.0.0.1:${port}/`,
    // Who measures does not wait for what no request needs.
    batch_send_deadline: '20ms',
    remote_write_queue: disk === undefined ? {} : { disk: { directory: scratch, ...disk } },
    retry_on_failure: { max_interval: '1s' },
  })
  await made.started
  return made
}

/** Puts a cycle in, as soon as the queue takes it. */
async function put(sut: TestExporter, batches: readonly Batch[]): Promise<void> {
  for (const batch of batches) {
    while (!sut.take([batch])) await sleep(1)
    // Encoding gets its turn.
    await nextTurn()
  }
}

/** CPU seconds of this process that a million samples take, with those of the threads that write. */
async function measure(disk: object | undefined): Promise<number> {
  const sut = await exporter(disk)
  // The first cycles encode all series anew.
  for (let warm = 0; warm < 5; warm++) await put(sut, cycle())
  await sut.settled()
  const cycles = Math.ceil((Number(options.millions) * 1e6) / cycleSamples)
  const batches = Array.from({ length: 10 }, cycle)
  const start = process.cpuUsage()
  // As scraping brings them: a cycle, and then a pause.
  for (let at = 0; at < cycles; at++) {
    await put(sut, batches[at % batches.length] ?? [])
    await sut.settled()
  }
  const { user, system } = process.cpuUsage(start)
  await sut.stop(60_000)
  return (user + system) / 1e6 / ((cycles * cycleSamples) / 1e6)
}

const diskOf: Readonly<Record<string, object | undefined>> = {
  memory: undefined,
  none: { sync: 'none' },
  interval: { sync: 'interval' },
  batch: { sync: 'batch' },
}

/** Rows take turns, and each is compared with the first one of its round, since a machine is not equally fast at all times. */
async function measureCpu(rows: readonly string[]): Promise<void> {
  const rounds: number[][] = []
  for (let round = 0; round < Number(options.rounds); round++) {
    const measured: number[] = []
    for (const row of rows) measured.push(await measure(diskOf[row]))
    rounds.push(measured)
  }
  for (const [index, row] of rows.entries()) {
    const seconds = rounds.map((measured) => measured[index] ?? NaN)
    const ratios = rounds.map((measured) => (measured[index] ?? NaN) / (measured[0] ?? NaN))
    console.log(
      `${row.padEnd(9)} ${median(seconds).toFixed(3)} CPU s/M  ${median(ratios).toFixed(2)} times ${rows[0]} (${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)})`,
    )
  }
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? NaN
}

/** The most resident memory that is seen. */
class Watermark {
  peak = 0

  look(): void {
    this.peak = Math.max(this.peak, process.memoryUsage.rss() / megabyte)
  }
}

async function measureBacklog(child: ChildProcess): Promise<void> {
  const size = Number(options.megabytes)
  const live = Number(options.live)
  child.send({ isUp: false })
  const sut = await exporter({ max_megabytes: size + 1024, sync: 'interval' })
  const onDisk = (): number => (sut.queueStatus?.disk?.bytes ?? 0) / megabyte
  const filling = new Watermark()
  const began = performance.now()
  while (onDisk() < size) {
    await put(sut, cycle())
    filling.look()
  }
  const backlog = sut.ledger.queued
  console.log(
    `backlog of ${Math.round(onDisk())} MB, ${(backlog / 1e6).toFixed(1)} M samples, made in ${seconds(began)} s; peak RSS ${filling.peak.toFixed(0)} MB`,
  )
  child.send({ isUp: true })
  const draining = new Watermark()
  const start = performance.now()
  const { delivered, accepted } = sut.ledger
  while (onDisk() > size / 100) {
    const due = ((performance.now() - start) / 1000) * live
    if (sut.ledger.accepted - accepted < due) await put(sut, cycle())
    else await sleep(10)
    draining.look()
  }
  const elapsed = (performance.now() - start) / 1000
  const rate = (sut.ledger.delivered - delivered) / elapsed
  const liveRate = (sut.ledger.accepted - accepted) / elapsed
  console.log(
    `drained in ${elapsed.toFixed(0)} s: ${(rate / 1e6).toFixed(2)} M samples/s, ${(rate / liveRate).toFixed(1)} times the live ${(liveRate / 1e6).toFixed(2)} M/s; peak RSS ${draining.peak.toFixed(0)} MB; law: ${sut.ledger.imbalance}`,
  )
  await sut.stop(60_000)
}

function seconds(since: number): string {
  return ((performance.now() - since) / 1000).toFixed(0)
}

try {
  const rows = options.rows.split(',')
  await measureCpu(rows.filter((row) => row in diskOf))
  if (rows.includes('backlog')) await measureBacklog(receiver)
} finally {
  receiver.disconnect()
  await rm(scratch, { recursive: true })
}
