import type { IncomingMessage, ServerResponse } from 'node:http'
import { Deliveries, Unavailable } from '#src/arrivals/deliveries.ts'
import type { Receiver, ReceiverContext } from '#src/component/define.ts'
import { sendText } from '#src/http/content-encoding.ts'
import { BodyRoom, readBody, RequestBodyError, type BodyLimits } from '#src/http/request-body.ts'
import { serverSettings, startServer, type RunningServer } from '#src/http/server.ts'
import { decompress, SnappyError } from '#src/remote/snappy.ts'
import { LineMistake } from '#src/text/exposition-error.ts'
import type { RemoteWriteConfig } from './config.ts'
import { PushedSeries } from './pushed-series.ts'
import { nothingWritten, type RequestOutcome } from './request-outcome.ts'
import { versionOf } from './version.ts'

/** How long a sender is asked to wait where there is no room for its body. */
const roomRetrySeconds = 5
/** How long requests have at a stop until they are told to send again, and then to hear that, in milliseconds. */
const stopPatienceMs = 500
const stopGraceMs = 1000
/** How often silent series are looked for while nothing comes, in milliseconds. */
const sweepIntervalMs = 60_000

/** Takes requests of remote write, and answers when what they brought is where it survives. */
export class RemoteWriteReceiver implements Receiver {
  readonly #config: RemoteWriteConfig
  readonly #context: ReceiverContext
  readonly #series: PushedSeries
  readonly #limits: BodyLimits
  readonly #deliveries: Deliveries
  #server: RunningServer | undefined
  #endSweeps: (() => void) | undefined

  constructor(config: RemoteWriteConfig, context: ReceiverContext) {
    this.#config = config
    this.#context = context
    this.#series = new PushedSeries(
      context.id,
      {
        series: config.max_series,
        idleMs: config.series_idle_timeout,
        labels: config.label_limit,
        labelName: config.label_name_length_limit,
        labelValue: config.label_value_length_limit,
      },
      context.ledger,
      (source) => context.forget(source),
    )
    this.#deliveries = new Deliveries(config.delivery_timeout, context)
    this.#limits = {
      maxBytes: config.max_request_body_size,
      encodings: ['snappy', 'zstd', 'gzip'],
      room: new BodyRoom(config.max_inflight_size),
    }
  }

  /** Where it listens, once it does: `http://127.0.0.1:9090/api/v1/write`. */
  get location(): string | undefined {
    return this.#server && `${this.#server.url}${this.#config.path}`
  }

  async start(): Promise<void> {
    const { logger, clock } = this.#context
    this.#server = await startServer({
      ...serverSettings(this.#config),
      handler: (request, response) => this.#answer(request, response),
      logger,
      clock,
      name: 'remote write receiver',
    })
    logger.info('listening for remote write', { url: this.location })
    this.#sweepLater()
  }

  async stop(): Promise<void> {
    this.#endSweeps?.()
    const giveUp = setTimeout(() => this.#deliveries.giveUp(), stopPatienceMs)
    await this.#server?.close(stopGraceMs)
    clearTimeout(giveUp)
    this.#series.dispose()
  }

  #sweepLater(): void {
    const { clock } = this.#context
    this.#endSweeps = clock.after(sweepIntervalMs, () => {
      this.#series.sweep(clock.monotonic())
      this.#sweepLater()
    })
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.url?.split('?', 1)[0] !== this.#config.path) {
      refuse(response, 404, `expected the path ${this.#config.path}`)
      return
    }
    if (request.method !== 'POST') {
      response.setHeader('allow', 'POST')
      refuse(response, 405, 'expected the method POST')
      return
    }
    const version = versionOf(request.headers['content-type'])
    if (version === undefined) {
      refuse(
        response,
        415,
        'expected the Content-Type application/x-protobuf, with proto=prometheus.WriteRequest or proto=io.prometheus.write.v2.Request',
      )
      return
    }
    let body: Buffer | undefined
    try {
      body = await this.#read(request)
    } catch (error) {
      if (!(error instanceof RequestBodyError)) throw error
      if (error.status === 503) response.setHeader('retry-after', roomRetrySeconds)
      refuse(response, error.status, error.message)
      return
    }
    if (body === undefined) return
    try {
      this.#deliveries.checkRoom()
      const { batches, outcome } = this.#series.read(body, version, this.#context.clock.monotonic())
      const { rejected, message } = await this.#deliveries.deliver(batches)
      if (rejected > 0) outcome.reject(rejected, message)
      this.#tell(outcome, response)
    } catch (error) {
      if (error instanceof Unavailable) {
        response.setHeader('retry-after', Math.ceil(error.retryDelayMs / 1000))
        refuse(response, 503, error.message)
      } else if (error instanceof LineMistake) {
        refuse(
          response,
          400,
          `the body is no request of remote write ${version}.0: byte ${error.position}: ${error.message}`,
        )
      } else throw error
    }
  }

  /** The body; undefined where the client went away. Some senders of 1.0 leave out that it is snappy. */
  async #read(request: IncomingMessage): Promise<Buffer | undefined> {
    const body = await readBody(request, this.#limits)
    if (body === undefined || request.headers['content-encoding'] !== undefined) return body
    try {
      return decompress(body, this.#limits.maxBytes)
    } catch (error) {
      if (!(error instanceof SnappyError)) throw error
      throw new RequestBodyError(400, `the body cannot be decompressed (snappy): ${error.message}`, {
        cause: error,
      })
    }
  }

  #tell(outcome: RequestOutcome, response: ServerResponse): void {
    if (response.destroyed) return
    for (const [name, value] of Object.entries(outcome.headers)) response.setHeader(name, value)
    if (outcome.whole) {
      response.writeHead(204).end()
      return
    }
    const { complaint: problem } = outcome
    this.#context.logger.warn('a part of a request was refused', { problem })
    sendText(response, 400, `${problem}\n`)
  }
}

function refuse(response: ServerResponse, status: number, problem: string): void {
  if (response.destroyed) return
  for (const [name, value] of Object.entries(nothingWritten)) response.setHeader(name, value)
  sendText(response, status, `${problem}\n`)
}
