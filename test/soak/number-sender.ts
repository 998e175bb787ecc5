import { setTimeout as sleep } from 'node:timers/promises'
import { compress } from '#src/remote/snappy.ts'
import { writeRequest } from '#src/testing/remote-write-message.ts'

/** A protocol that numbers are sent by. */
export type SenderKind = 'otlp' | 'remote_write'

/** What answers mean to senders that do as their specifications say. */
const taken: ReadonlySet<number> = new Set([200, 204])
const again: ReadonlySet<number> = new Set([429, 502, 503, 504])

/**
 * Sends numbers, one after the other, each as the value of several series, and each again until its request is answered with
 * success, as an SDK or Prometheus would if they never gave up.
 */
export class NumberSender {
  readonly kind: SenderKind
  /** Numbers that were answered with success. */
  readonly acknowledged: number[] = []
  /** Answers that no sender should get: a request that was refused for good. */
  readonly refused: string[] = []
  /** Answers and errors after which a number was sent again. */
  repetitions = 0
  readonly #url: string
  readonly #series: number
  readonly #pauseMs: number
  readonly #stopping = new AbortController()

  constructor(kind: SenderKind, url: string, series: number, pauseMs: number) {
    this.kind = kind
    this.#url = url
    this.#series = series
    this.#pauseMs = pauseMs
  }

  /** Sends until it is stopped; the last number may be left without an answer. */
  async run(): Promise<void> {
    const { signal } = this.#stopping
    for (let number = 1; !signal.aborted; number++) {
      await this.#send(number, signal)
      await sleep(this.#pauseMs)
    }
  }

  stop(): void {
    this.#stopping.abort()
  }

  async #send(number: number, stopping: AbortSignal): Promise<void> {
    const time = Date.now()
    const { body, headers } = this.kind === 'otlp' ? this.#otlp(number, time) : this.#write(number, time)
    while (!stopping.aborted) {
      try {
        const signal = AbortSignal.any([stopping, AbortSignal.timeout(30_000)])
        const response = await fetch(this.#url, { method: 'POST', body, headers, signal })
        const text = await response.text()
        const isPartial = text.includes('partialSuccess')
        if (taken.has(response.status) && !isPartial) {
          this.acknowledged.push(number)
          return
        }
        if (!again.has(response.status)) {
          this.refused.push(`${response.status}: ${text.slice(0, 200)}`)
          return
        }
      } catch {
        // It is gone, or takes too long.
      }
      this.repetitions++
      await sleep(100)
    }
  }

  #otlp(number: number, time: number): { body: string; headers: Record<string, string> } {
    const dataPoints = Array.from({ length: this.#series }, (_, of) => ({
      attributes: [
        { key: 'sender', value: { stringValue: this.kind } },
        { key: 'of', value: { stringValue: `${of}` } },
      ],
      timeUnixNano: `${time}000000`,
      asDouble: number,
    }))
    const metrics = [{ name: 'number', gauge: { dataPoints } }]
    const body = JSON.stringify({ resourceMetrics: [{ scopeMetrics: [{ metrics }] }] })
    return { body, headers: { 'content-type': 'application/json' } }
  }

  #write(number: number, time: number): { body: Buffer<ArrayBuffer>; headers: Record<string, string> } {
    const series = Array.from({ length: this.#series }, (_, of) => ({
      labels: ['__name__', 'number', 'of', `${of}`, 'sender', this.kind],
      samples: [{ value: number, time }],
    }))
    const body = Buffer.from(compress(writeRequest({ series }, 2)))
    const type = 'application/x-protobuf;proto=io.prometheus.write.v2.Request'
    return { body, headers: { 'content-type': type, 'content-encoding': 'snappy' } }
  }
}
