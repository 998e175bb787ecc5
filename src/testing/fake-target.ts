import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A target on the loopback that exposes what a test says. Use `await using`, so that none is left behind. */
export class FakeTarget implements AsyncDisposable {
  readonly #server: Server
  /** What it answers next. */
  body = ''
  contentType: string | undefined = 'text/plain; version=0.0.4'
  status = 200
  /** Answers instead, where it is set. */
  handler: ((request: IncomingMessage, response: ServerResponse) => void) | undefined
  /** The requests so far. */
  readonly requests: IncomingMessage[] = []

  private constructor() {
    this.#server = createServer((request, response) => this.#answer(request, response))
  }

  static async start(body = '', host = '127.0.0.1'): Promise<FakeTarget> {
    const target = new FakeTarget()
    target.body = body
    target.#server.listen(0, host)
    await once(target.#server, 'listening')
    return target
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** `127.0.0.1:PORT` */
  get address(): string {
    return `127.0.0.1:${this.port}`
  }

  /** Stops to listen, and cuts all connections. */
  async close(): Promise<void> {
    if (!this.#server.listening) return
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.#server.closeAllConnections()
    await closed
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    this.requests.push(request)
    if (this.handler !== undefined) {
      this.handler(request, response)
      return
    }
    response.writeHead(
      this.status,
      this.contentType === undefined ? {} : { 'content-type': this.contentType },
    )
    response.end(this.body)
  }
}
