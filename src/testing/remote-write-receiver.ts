import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { zstdDecompressSync } from 'node:zlib'
import { readRequest, unsnap, type ReadRequest, type ReadSeries } from './remote-write.ts'

/** A request as the receiver got it. */
export interface ReceivedRequest {
  readonly method: string
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  /** Monotonic milliseconds when it was there whole. */
  readonly at: number
}

/** An answer. `hangUp` closes the connection instead; `hold` never answers. */
export interface ScriptedAnswer {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  readonly hangUp?: boolean
  readonly hold?: boolean
}

/** A remote write receiver that answers as a test says, and keeps what it got. */
export class RemoteWriteReceiver implements AsyncDisposable {
  readonly requests: ReceivedRequest[] = []
  /** What it answers, by the request and its number from 0 on. */
  answer: (request: ReceivedRequest, index: number) => ScriptedAnswer | Promise<ScriptedAnswer> = () => ({})
  readonly #server: Server
  readonly #waiting = new Set<() => void>()

  private constructor(server: Server) {
    this.#server = server
  }

  /** Starts one on a free port of the loopback. */
  static async start(answer?: RemoteWriteReceiver['answer']): Promise<RemoteWriteReceiver> {
    const server = createServer((request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        const received = {
          method: request.method ?? '',
          headers: request.headers,
          body: Buffer.concat(chunks),
          at: performance.now(),
        }
        void receiver.#answerTo(received, response)
      })
    })
    const receiver = new RemoteWriteReceiver(server)
    if (answer !== undefined) receiver.answer = answer
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return receiver
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/api/v1/write`
  }

  /** Waits until what it got satisfies a condition. */
  async until(condition: (receiver: this) => boolean): Promise<void> {
    while (!condition(this)) {
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#waiting.add(resolve)
      await promise
    }
  }

  /** All requests, decompressed and decoded. */
  decoded(): ReadRequest[] {
    return this.requests.map(decode)
  }

  /** The series of all requests, in order. */
  series(): ReadSeries[] {
    return this.decoded().flatMap(({ series }) => series)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  async #answerTo(request: ReceivedRequest, response: ServerResponse): Promise<void> {
    this.requests.push(request)
    const answer = await this.answer(request, this.requests.length - 1)
    const { status = 204, headers = {}, body = '', hangUp, hold } = answer
    if (hangUp === true) response.destroy()
    else if (hold !== true) response.writeHead(status, headers).end(body)
    for (const wake of this.#waiting) wake()
    this.#waiting.clear()
  }
}

/** Decompresses and decodes a request, by its headers. */
export function decode({ headers, body }: ReceivedRequest): ReadRequest {
  return readRequest(headers['content-encoding'] === 'zstd' ? zstdDecompressSync(body) : unsnap(body))
}
