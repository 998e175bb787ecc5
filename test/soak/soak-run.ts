import { writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { SeededRandom } from '#src/testing/random.ts'
import { freePorts } from '../bench/free-port.ts'
import { exporterValue } from '../own-metrics.ts'
import { pluginConfiguration } from '../plugin-configuration.ts'
import { WeirProcess } from '../weir-process.ts'
import { startDestinations, type Destination } from './destination.ts'
import { NumberSender } from './number-sender.ts'
import { nextFault, type Fault } from './schedule.ts'
import { readingOf, type Reading } from './watch.ts'

/** How a soak is run. */
export interface SoakOptions {
  /** For the queues and the configuration. */
  readonly folder: string
  readonly durationMs: number
  readonly seed: number
  /** Series of each sender; every request has one sample of each. */
  readonly series: number
  /** Between two requests of a sender, in milliseconds. */
  readonly pauseMs: number
  /** How often own metrics are read, in milliseconds. */
  readonly readEveryMs: number
  /** Whether no faults happen, so that the process lives once and only load is on it. */
  readonly isCalm?: boolean
  readonly tell?: (text: string) => void
}

/** What a soak came to. */
export interface SoakReport {
  readonly faults: Readonly<Record<string, number>>
  readonly acknowledged: number
  /** Requests that were sent again. */
  readonly repetitions: number
  /** Samples that arrived at each destination, those that came twice counted twice. */
  readonly samples: Readonly<Record<string, number>>
  /** What was acknowledged and did not arrive: `otlp 12 at prometheus_remote_write`. */
  readonly lost: readonly string[]
  readonly disordered: number
  /** Answers that told a sender to give up. */
  readonly refused: readonly string[]
  /** Readings in which the points of an exporter did not add up. */
  readonly imbalanced: number
  /** Of the last life of the process, the longest one. */
  readonly readings: readonly Reading[]
}

/** The share of the time in which the process may be ended; after it one life is watched. */
const endingShare = 1 / 3

/** Runs the program between senders and destinations, and lets faults happen by a schedule that follows from the seed. */
export class Soak {
  readonly #options: SoakOptions
  readonly #random: SeededRandom
  readonly #destinations: readonly [Destination, Destination]
  readonly #ports: readonly number[]
  readonly #faults: Record<string, number> = {}
  #readings: Reading[] = []
  #imbalanced = 0
  #weir: WeirProcess
  #bornAt = performance.now()

  private constructor(
    options: SoakOptions,
    destinations: readonly [Destination, Destination],
    ports: readonly number[],
  ) {
    this.#options = options
    this.#random = new SeededRandom(options.seed)
    this.#destinations = destinations
    this.#ports = ports
    this.#weir = this.#start()
  }

  /** Runs one to its end. */
  static async run(options: SoakOptions): Promise<SoakReport> {
    const destinations = await startDestinations(options.series)
    const ports = await freePorts(2)
    await writeFile(join(options.folder, 'weir.yaml'), configuration(options.folder, destinations, ports))
    const soak = new Soak(options, destinations, ports)
    try {
      return await soak.#run()
    } finally {
      await soak.#weir.end('SIGKILL')
      for (const destination of destinations) await destination[Symbol.asyncDispose]()
    }
  }

  async #run(): Promise<SoakReport> {
    const { series, pauseMs } = this.#options
    const [otlpPort, writePort] = this.#ports
    const senders = [
      new NumberSender('otlp', `http://127.0.0.1:${otlpPort}/v1/metrics`, series, pauseMs),
      new NumberSender('remote_write', `http://127.0.0.1:${writePort}/api/v1/write`, series, pauseMs),
    ]
    const sending = senders.map(async (sender) => await sender.run())
    await this.#weir.line('everything runs')
    const over = new AbortController()
    const reading = this.#read(over.signal)
    await (this.#options.isCalm === true ? sleep(this.#options.durationMs) : this.#bringFaults())
    for (const sender of senders) sender.stop()
    await Promise.all(sending)
    for (const destination of this.#destinations) destination.mood = 'up'
    await this.#drained(senders)
    over.abort()
    await reading
    return this.#report(senders)
  }

  async #bringFaults(): Promise<void> {
    const { durationMs, tell } = this.#options
    const start = performance.now()
    for (;;) {
      const isEarly = performance.now() - start < durationMs * endingShare
      const fault = nextFault(this.#random, isEarly)
      if (performance.now() + fault.afterMs - start > durationMs) return
      await sleep(fault.afterMs)
      const name = fault.kind === 'mood' ? fault.mood : fault.kind
      this.#faults[name] = (this.#faults[name] ?? 0) + 1
      tell?.(JSON.stringify(fault))
      await this.#bring(fault)
    }
  }

  async #bring(fault: Fault): Promise<void> {
    if (fault.kind === 'mood') {
      const destination = this.#destinations[fault.of === 0 ? 0 : 1]
      destination.mood = fault.mood
      // Others happen meanwhile.
      setTimeout(() => (destination.mood = 'up'), fault.forMs).unref()
    } else if (fault.kind === 'suspend') {
      this.#weir.signal('SIGSTOP')
      await sleep(fault.forMs)
      this.#weir.signal('SIGCONT')
    } else if (fault.kind === 'reload') this.#weir.signal('SIGHUP')
    else if (fault.kind === 'garbage') for (const port of this.#ports) sendGarbage(port)
    else {
      await this.#weir.end(fault.kind === 'kill' ? 'SIGKILL' : 'SIGTERM')
      this.#readings = []
      this.#bornAt = performance.now()
      this.#weir = this.#start()
      await this.#weir.line('everything runs')
    }
  }

  #start(): WeirProcess {
    return new WeirProcess(['--config', join(this.#options.folder, 'weir.yaml')])
  }

  async #read(over: AbortSignal): Promise<void> {
    while (!over.aborted) {
      await sleep(this.#options.readEveryMs, undefined, { signal: over }).catch(() => undefined)
      const weir = this.#weir
      const at = performance.now() - this.#bornAt
      // It may have been ended meanwhile.
      const metrics = await weir.metrics().catch(() => undefined)
      if (metrics === undefined || weir !== this.#weir) continue
      const taken = readingOf(metrics, at)
      if (taken.imbalances.some((imbalance) => imbalance !== 0)) this.#imbalanced++
      this.#readings.push(taken)
    }
  }

  /** Waits until all that was acknowledged is where it belongs, or nothing is queued any more. */
  async #drained(senders: readonly NumberSender[]): Promise<void> {
    await this.#weir.until('empty queues', async () => {
      const metrics = await this.#weir.metrics().catch(() => '')
      const isEmpty = this.#destinations.every(
        ({ name }) => exporterValue(metrics, 'queued_points', name) === 0,
      )
      return metrics !== '' && isEmpty
    })
    if (senders.every(({ acknowledged }) => acknowledged.length === 0)) throw new Error('nothing was taken')
  }

  #report(senders: readonly NumberSender[]): SoakReport {
    const lost = senders.flatMap(({ kind, acknowledged }) =>
      this.#destinations.flatMap(({ name, arrived }) =>
        acknowledged
          .filter((number) => !arrived.has(kind, number))
          .map((number) => `${kind} ${number} at ${name}`),
      ),
    )
    const sum = (pick: (sender: NumberSender) => number): number =>
      senders.reduce((total, sender) => total + pick(sender), 0)
    return {
      faults: this.#faults,
      acknowledged: sum(({ acknowledged }) => acknowledged.length),
      repetitions: sum(({ repetitions }) => repetitions),
      samples: Object.fromEntries(this.#destinations.map(({ name, arrived }) => [name, arrived.samples])),
      lost,
      disordered: this.#destinations.reduce((total, { arrived }) => total + arrived.disordered, 0),
      refused: senders.flatMap(({ refused }) => refused),
      imbalanced: this.#imbalanced,
      readings: this.#readings,
    }
  }
}

/** Bodies that are none, and connections that hang up. */
function sendGarbage(port: number): void {
  const bodies = [
    'POST /v1/metrics HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-protobuf\r\ncontent-length: 9\r\n\r\nnonsense!',
    'POST /api/v1/write HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-protobuf\r\ncontent-length: 99999\r\n\r\nhalf',
    '\0\0\0\0',
  ]
  for (const body of bodies) {
    const socket = connect(port, '127.0.0.1', () => socket.end(body))
    socket.on('error', () => undefined).resume()
  }
}

function configuration(
  folder: string,
  [otlp, write]: readonly [Destination, Destination],
  [otlpPort, writePort]: readonly number[],
): string {
  const disk = { directory: join(folder, 'queue') }
  const retry = { initial_interval: '50ms', max_interval: '1s' }
  return pluginConfiguration({
    receivers: {
      otlp: { protocols: { http: { endpoint: `127.0.0.1:${otlpPort}` } } },
      prometheus_remote_write: { endpoint: `127.0.0.1:${writePort}` },
    },
    processors: { batch: { timeout: '50ms' } },
    exporters: {
      otlp_http: {
        endpoint: otlp.endpoint,
        timeout: '3s',
        sending_queue: { disk, batch: { flush_timeout: '20ms' } },
        retry_on_failure: retry,
      },
      prometheus_remote_write: {
        endpoint: write.endpoint,
        timeout: '3s',
        batch_send_deadline: '20ms',
        remote_write_queue: { disk },
        retry_on_failure: retry,
      },
    },
    service: { shutdown_deadline: '2s' },
  })
}
