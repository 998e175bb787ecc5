import { readdirSync } from 'node:fs'
import { monitorEventLoopDelay, performance } from 'node:perf_hooks'
import { systemClock, type Clock } from '#src/component/clock.ts'

/** What the process says of itself at one moment. */
export interface ProcessReading {
  readonly uptimeSeconds: number
  readonly userSeconds: number
  readonly systemSeconds: number
  readonly residentBytes: number
  readonly heapUsedBytes: number
  readonly heapTotalBytes: number
  readonly externalBytes: number
  readonly eventLoopActiveSeconds: number
  /** `p50`, `p99` and `max` of the last window; empty without a sample. */
  readonly eventLoopDelaySeconds: Readonly<Record<string, number>>
  /** Undefined where the system does not tell. */
  readonly openFileDescriptors: number | undefined
}

type DelaySamples = ReturnType<typeof monitorEventLoopDelay>

/**
 * Where Node can (26), each turn of the event loop is a sample: how long it worked, so how late whatever came meanwhile
 * was. An older one looks how late a timer is, and wakes an idle process for it: a third of its CPU at 100 ms.
 */
const samplesTurns = Number.parseInt(process.versions.node, 10) >= 26
const sampleIntervalMs = samplesTurns ? 0 : 100
/** A window of samples lasts at least this long, so that two readers see the same one. */
const windowMs = 15_000

/** Reads facts of this process. It samples the event loop from the time it is made until it is closed. */
export class ProcessReadings {
  readonly #clock: Clock
  readonly #samples: DelaySamples
  #windowStart: number
  #delay: Readonly<Record<string, number>> | undefined

  constructor(clock: Clock = systemClock) {
    this.#clock = clock
    this.#samples = monitorEventLoopDelay(
      samplesTurns ? { samplePerIteration: true } : { resolution: sampleIntervalMs },
    )
    this.#samples.enable()
    this.#windowStart = clock.monotonic()
  }

  read(): ProcessReading {
    const { user, system } = process.cpuUsage()
    const { rss, heapUsed, heapTotal, external } = process.memoryUsage()
    return {
      uptimeSeconds: process.uptime(),
      userSeconds: user / 1e6,
      systemSeconds: system / 1e6,
      residentBytes: rss,
      heapUsedBytes: heapUsed,
      heapTotalBytes: heapTotal,
      externalBytes: external,
      eventLoopActiveSeconds: performance.eventLoopUtilization().active / 1000,
      eventLoopDelaySeconds: this.#readDelay(),
      openFileDescriptors: countDescriptors(),
    }
  }

  close(): void {
    this.#samples.disable()
  }

  /** The window that ended last, or the running one while none has ended. */
  #readDelay(): Readonly<Record<string, number>> {
    const now = this.#clock.monotonic()
    if (now - this.#windowStart < windowMs) return this.#delay ?? statisticsOf(this.#samples)
    this.#delay = statisticsOf(this.#samples)
    this.#samples.reset()
    this.#windowStart = now
    return this.#delay
  }
}

/** Statistics of the delay in seconds. */
function statisticsOf(samples: DelaySamples): Readonly<Record<string, number>> {
  if (samples.count === 0) return {}
  return {
    p50: delaySeconds(samples.percentile(50)),
    p99: delaySeconds(samples.percentile(99)),
    max: delaySeconds(samples.max),
  }
}

/** A sample of a timer is the time between two of its ticks, in nanoseconds: what goes beyond its interval is delay. */
function delaySeconds(nanoseconds: number): number {
  return Math.max(0, nanoseconds / 1e9 - sampleIntervalMs / 1000)
}

function countDescriptors(): number | undefined {
  try {
    // One of them is the directory that is being read.
    return readdirSync('/proc/self/fd').length - 1
  } catch {
    return undefined
  }
}
