import { createWriteStream } from 'node:fs'
import { once } from 'node:events'
import type { Writable } from 'node:stream'
import type { Logger } from '#src/telemetry/logger.ts'
import { notHeldBack } from '#src/telemetry/logger.ts'
import { shorten } from '#src/telemetry/log-value.ts'
import type { Details } from './sample-details.ts'

/** How much of one delivery there is. */
export interface Numbers {
  readonly resources: number
  readonly metrics: number
  readonly dataPoints: number
}

/** Where things are shown. */
export interface Screen {
  open(): Promise<void>
  numbers(numbers: Numbers): void
  sample(text: string): void
  details(details: Details): void
  /** That so many data points are not shown. */
  omitted(dataPoints: number): void
  close(): Promise<void>
}

/** The log: a line for each thing, of level info. */
export class LogScreen implements Screen {
  readonly #logger: Logger

  constructor(logger: Logger) {
    this.#logger = logger
  }

  async open(): Promise<void> {
    await Promise.resolve()
  }

  numbers({ resources, metrics, dataPoints }: Numbers): void {
    this.#logger.info('metrics', { resources, metrics, data_points: dataPoints, [notHeldBack]: true })
  }

  sample(text: string): void {
    this.#logger.info('data point', { sample: text, [notHeldBack]: true })
  }

  details(details: Details): void {
    this.#logger.info('data point', { ...Object.fromEntries(details), [notHeldBack]: true })
  }

  omitted(dataPoints: number): void {
    this.#logger.info('more data points are not shown', { data_points: dataPoints, [notHeldBack]: true })
  }

  async close(): Promise<void> {
    await Promise.resolve()
  }
}

/** What waits for a slow reader at most. */
const mostBytesWaiting = 4 * 1024 * 1024
const longestText = 4096

/** Streams of text: standard output, standard error, files. What a reader is too slow for is left out, and told. */
export class TextScreen implements Screen {
  readonly #paths: readonly string[]
  readonly #logger: Logger
  #streams: {
    readonly stream: Writable
    readonly ours: boolean
    readonly onError: (error: Error) => void
  }[] = []
  #lost = 0

  constructor(paths: readonly string[], logger: Logger) {
    this.#paths = paths
    this.#logger = logger
  }

  async open(): Promise<void> {
    for (const path of this.#paths) {
      const standard = path === 'stdout' ? process.stdout : path === 'stderr' ? process.stderr : undefined
      const stream = standard ?? createWriteStream(path, { flags: 'a' })
      if (standard === undefined) await once(stream, 'open')
      const onError = (error: Error): void =>
        this.#logger.warn('the output cannot be written', { path, error })
      stream.on('error', onError)
      this.#streams.push({ stream, ours: standard === undefined, onError })
    }
  }

  numbers({ resources, metrics, dataPoints }: Numbers): void {
    this.#write(`metrics: ${resources} resources, ${metrics} metrics, ${dataPoints} data points`)
  }

  sample(text: string): void {
    this.#write(`  ${text}`)
  }

  details(details: Details): void {
    for (const [index, [name, text]] of details.entries()) {
      this.#write(`${index === 0 ? '  - ' : '    '}${name}: ${text}`)
    }
  }

  omitted(dataPoints: number): void {
    this.#write(`  ... ${dataPoints} more data points are not shown`)
  }

  async close(): Promise<void> {
    const streams = this.#streams
    this.#streams = []
    for (const { stream, ours, onError } of streams) {
      if (ours && !stream.destroyed) await new Promise<void>((resolve) => stream.end(resolve))
      stream.off('error', onError)
    }
  }

  #write(line: string): void {
    const full = this.#streams.some(({ stream }) => stream.writableLength > mostBytesWaiting)
    if (full) {
      this.#lost++
      return
    }
    const lost = this.#lost === 0 ? '' : `... ${this.#lost} lines are missing: the reader was too slow\n`
    this.#lost = 0
    for (const { stream } of this.#streams) stream.write(`${lost}${shorten(line, longestText)}\n`)
  }
}
