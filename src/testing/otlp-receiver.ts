import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http'
import { createServer as createSecureServer, type ServerOptions } from 'node:https'
import type { AddressInfo } from 'node:net'
import { gunzipSync, zstdDecompressSync } from 'node:zlib'
import {
  GrpcReceiver,
  partialSuccess,
  statusWithRetryInfo,
  type ReceivedCall,
  type ScriptedStatus,
} from './grpc-receiver.ts'
import { pointsOf, type DataPoint, type RequestJson } from './otlp-json.ts'
import { readProtobufRequest } from './otlp-protobuf.ts'
import { unsnap } from './remote-write.ts'

/** A way in which OTLP is sent. */
export type OtlpWay = 'grpc' | 'http' | 'json'

/** What a receiver says, in words that all ways have; or in those of one of them. */
export type OtlpAnswer =
  | 'taken'
  | 'busy'
  | 'refused'
  | 'too_large'
  | 'hang_up'
  | 'hold'
  | { readonly busyForMs: number }
  | { readonly rejected: number; readonly message: string }
  | { readonly grpc: ScriptedStatus }
  | { readonly http: HttpAnswer }

/** An answer of HTTP. */
export interface HttpAnswer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Buffer
}

/** A request as a receiver of OTLP got it. */
export interface ReceivedOtlp {
  readonly headers: IncomingHttpHeaders
  /** Decompressed. */
  readonly message: Buffer
  readonly request: RequestJson
  /** Monotonic milliseconds when it was there whole. */
  readonly at: number
}

/** Answers a request, by its number from 0 on. */
export type OtlpScript = (received: ReceivedOtlp, index: number) => OtlpAnswer | Promise<OtlpAnswer>

/** TLS of a receiver. */
export interface ReceiverTls {
  readonly cert: string
  readonly key: string
  readonly ca?: string
  readonly requestCert?: boolean
  readonly minVersion?: 'TLSv1.1' | 'TLSv1.2'
  readonly maxVersion?: 'TLSv1.1' | 'TLSv1.2'
}

/** A receiver of OTLP, in any way, that answers as a test says, and keeps what it got. */
export class OtlpReceiver implements AsyncDisposable {
  readonly way: OtlpWay
  readonly requests: ReceivedOtlp[] = []
  answer: OtlpScript
  readonly #waiting = new Set<() => void>()
  #grpc: GrpcReceiver | undefined
  #http: Server | undefined
  #isSecure = false

  private constructor(way: OtlpWay, answer: OtlpScript) {
    this.way = way
    this.answer = answer
  }

  /** Starts one on a port of the loopback, a free one where it is 0. */
  static async start(
    way: OtlpWay,
    answer: OtlpScript = () => 'taken',
    { tls, port = 0 }: { readonly tls?: ReceiverTls; readonly port?: number } = {},
  ): Promise<OtlpReceiver> {
    const receiver = new OtlpReceiver(way, answer)
    receiver.#isSecure = tls !== undefined
    if (way === 'grpc') {
      const script = async (call: ReceivedCall): Promise<ScriptedStatus> =>
        grpcAnswer(await receiver.#take(call.headers, call.message, call.at))
      receiver.#grpc = await GrpcReceiver.start(script, { port, ...(tls === undefined ? {} : { tls }) })
    } else receiver.#http = await receiver.#serveHttp(port, tls)
    return receiver
  }

  get port(): number {
    if (this.#grpc !== undefined) return this.#grpc.port
    return (this.#http?.address() as AddressInfo | undefined)?.port ?? 0
  }

  /** The option `endpoint` that leads to it. */
  get endpoint(): string {
    return `http${this.#isSecure ? 's' : ''}://127.0.0.1:${this.port}`
  }

  /** The data points of all requests, in order. */
  get points(): (DataPoint & { metric: string; form: string })[] {
    return pointsOf(this.requests.map(({ request }) => request))
  }

  /** The values of all points, those of each request in order. */
  get values(): number[] {
    return this.points.map((point) => Number(point['asDouble'] ?? point['asInt']))
  }

  /** Waits until what it got satisfies a condition. */
  async until(condition: (receiver: this) => boolean): Promise<void> {
    while (!condition(this)) {
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#waiting.add(resolve)
      await promise
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#grpc?.[Symbol.asyncDispose]()
    const http = this.#http
    if (http === undefined) return
    http.closeAllConnections()
    await new Promise((resolve) => http.close(resolve))
  }

  async #take(headers: IncomingHttpHeaders, message: Buffer, at: number): Promise<OtlpAnswer> {
    const request =
      headers['content-type'] === 'application/json'
        ? (JSON.parse(message.toString()) as RequestJson)
        : readProtobufRequest(message)
    const received = { headers, message, request, at }
    this.requests.push(received)
    for (const wake of this.#waiting) wake()
    this.#waiting.clear()
    return await this.answer(received, this.requests.length - 1)
  }

  async #serveHttp(port: number, tls: ServerOptions | undefined): Promise<Server> {
    const server = tls === undefined ? createServer() : createSecureServer(tls)
    server.on('request', (request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        const message = decompressed(Buffer.concat(chunks), request.headers['content-encoding'])
        void this.#take(request.headers, message, performance.now()).then((answer) =>
          giveHttp(response, answer, String(request.headers['content-type'])),
        )
      })
    })
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
    return server
  }
}

function decompressed(body: Buffer, encoding = 'identity'): Buffer {
  if (encoding === 'gzip') return gunzipSync(body)
  if (encoding === 'zstd') return zstdDecompressSync(body)
  return encoding === 'snappy' ? unsnap(body) : body
}

const grpcWords = {
  taken: {},
  busy: { code: 14, message: 'busy' },
  refused: { code: 3, message: 'refused' },
  too_large: { code: 8, message: 'grpc: received message larger than max (5000000 vs. 4194304)' },
  hang_up: { hangUp: true },
  hold: { hold: true },
} as const

function grpcAnswer(answer: OtlpAnswer): ScriptedStatus {
  if (typeof answer === 'string') return grpcWords[answer]
  if ('grpc' in answer) return answer.grpc
  if ('rejected' in answer) return { response: partialSuccess(answer.rejected, answer.message) }
  if ('busyForMs' in answer) return { code: 14, details: statusWithRetryInfo(14, 'busy', answer.busyForMs) }
  throw new Error('that is no answer of gRPC')
}

const httpWords = {
  taken: { status: 200 },
  busy: { status: 503, body: 'busy' },
  refused: { status: 400, body: 'refused' },
  too_large: { status: 413 },
} as const

function giveHttp(response: ServerResponse, answer: OtlpAnswer, type: string): void {
  if (answer === 'hold') return
  if (answer === 'hang_up') {
    response.destroy()
    return
  }
  const { status, headers = {}, body = '' } = httpAnswer(answer, type)
  response.writeHead(status, headers).end(body)
}

function httpAnswer(answer: Exclude<OtlpAnswer, 'hold' | 'hang_up'>, type: string): HttpAnswer {
  if (typeof answer === 'string') return httpWords[answer]
  if ('http' in answer) return answer.http
  if ('busyForMs' in answer)
    return { status: 503, headers: { 'retry-after': String(Math.ceil(answer.busyForMs / 1000)) } }
  if (!('rejected' in answer)) throw new Error('that is no answer of HTTP')
  const { rejected, message } = answer
  const json = { partialSuccess: { rejectedDataPoints: String(rejected), errorMessage: message } }
  const body = type === 'application/json' ? JSON.stringify(json) : partialSuccess(rejected, message)
  return { status: 200, headers: { 'content-type': type }, body }
}
