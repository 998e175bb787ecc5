import type { OnReadOpts, Socket } from 'node:net'
import { ClientError } from './client-error.ts'
import type { Interruption } from './interruption.ts'
import { ResponseReader, type ResponseReceiver } from './response-reader.ts'
import { explainSocketError } from './socket-error.ts'

/**
 * Where all connections of a thread read into: on Linux and macOS libuv fills it and calls back before it reads anything
 * else, so that it needs neither one buffer a connection nor one a chunk. Each chunk that `socket.on('data')` or node:http
 * allocates is memory outside the heap, and that drives full collections. Measured with 228,000 series on the heap
 * (`npm run bench:http-client`), CPU seconds per million samples: 0.05 so, 0.19 to 0.42 by node:http,
 * 0.14 to 0.28 by undici. That is why there is a client of our own. Buffers from 16 to 256 KiB make no difference that could be seen.
 */
const readBuffer = Buffer.allocUnsafeSlow(65_536)

/** How long a connection is silent before the kernel asks whether the peer is still there. */
const keepAliveMs = 30_000

/** A request as it goes on the wire. */
export interface WireRequest {
  readonly method: string
  /** Request line and headers with the empty line that ends them, one character a byte. */
  readonly head: string
  readonly body: readonly Uint8Array[]
}

/** Who takes an answer off a connection. */
export interface AnswerReceiver extends ResponseReceiver {
  /** The answer is complete. Throws where what it carried is not. */
  end(): void
  /** True while it has bytes to work on that it put off so as to let others run: nothing is read meanwhile. */
  readonly saturated: boolean
  /** Works on those bytes. */
  drain(): void
  /** True when it wants nothing more of the answer: the rest is not read, and the connection closed. */
  readonly sated: boolean
}

interface Exchange {
  readonly receiver: AnswerReceiver
  readonly interruption: Interruption
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/** A connection that serves one request at a time. */
export class Connection {
  readonly socket: Socket
  /** For messages: `10.0.0.7:9100`. */
  readonly peer: string
  readonly #reader: ResponseReader
  readonly #interrupted = (): void => this.#fail(this.#exchange?.interruption.reason)
  #receiver: AnswerReceiver | undefined
  #exchange: Exchange | undefined
  /** Whether the socket still holds bytes of the request. */
  #writing = false
  #closed = false
  /** What made it useless. */
  #error: unknown
  /** Settles an exchange that has ended but for the socket, which still holds bytes of it. */
  #release: (() => void) | undefined
  /** Called once, when an idle connection is of no more use. */
  onIdleEnd: (() => void) | undefined

  /**
   * @param open makes the socket, with the options that let it read into the one buffer
   * @param usesDataEvents where the socket is one that ignores those options: TLS over another socket
   */
  constructor(peer: string, open: (onread: OnReadOpts) => Socket, usesDataEvents = false) {
    this.peer = peer
    this.#reader = new ResponseReader({
      head: (head) => this.#receiver?.head(head),
      body: (buffer, from, to) => this.#receiver?.body(buffer, from, to),
    })
    this.socket = open({
      buffer: readBuffer,
      callback: (length, buffer) => this.#received(buffer as Buffer, length),
    })
    this.socket.setNoDelay(true)
    this.socket.setKeepAlive(true, keepAliveMs)
    this.socket.on('error', (error) => this.#fail(explainSocketError(error, peer)))
    this.socket.on('end', () => this.#peerClosed())
    this.socket.on('close', () => this.#destroyed())
    if (usesDataEvents) {
      this.socket.on('data', (data: Buffer) => {
        if (!this.#received(data, data.length)) this.socket.pause()
      })
    }
  }

  /** Whether another request may be sent on it. */
  get usable(): boolean {
    return (
      this.#exchange === undefined && !this.#closed && this.#error === undefined && !this.socket.destroyed
    )
  }

  /** Whether anything of the answer to the last request came. */
  get answered(): boolean {
    return this.#reader.begun
  }

  /** What the request is at, for messages. */
  get stage(): string {
    if (this.#writing) return `while the request was sent to ${this.peer}`
    return this.answered
      ? `while the answer of ${this.peer} was read`
      : `while the answer of ${this.peer} was awaited`
  }

  destroy(): void {
    this.socket.destroy()
  }

  /**
   * Sends a request and takes the answer. It settles when the answer is complete, or failed, **and** the socket has let go of
   * the request's buffers: whoever lent them can use them again.
   *
   * @throws {ClientError} or what the receiver threw, or the reason of the interruption
   */
  async exchange(request: WireRequest, receiver: AnswerReceiver, interruption: Interruption): Promise<void> {
    interruption.throwIfAborted()
    // It may have ended since it was given out.
    if (!this.usable)
      throw this.#error ?? new ClientError('connection_closed', `${this.peer} closed the connection`)
    await new Promise<void>((resolve, reject) => {
      this.#exchange = { receiver, interruption, resolve, reject }
      this.#receiver = receiver
      interruption.addEventListener('abort', this.#interrupted)
      this.#reader.start(request.method)
      this.#write(request)
    })
  }

  #write({ head, body }: WireRequest): void {
    const { socket } = this
    if (body.length === 0) {
      socket.write(head, 'latin1')
      return
    }
    const written = (error?: Error | null): void => {
      // An error says that the write was given up, not that the system has: the socket's end tells that.
      if (error === undefined || error === null) this.#writing = false
    }
    this.#writing = true
    socket.cork()
    socket.write(head, 'latin1')
    for (const [index, part] of body.entries())
      socket.write(part, index === body.length - 1 ? written : undefined)
    socket.uncork()
  }

  /** @returns whether to read on */
  #received(buffer: Buffer, length: number): boolean {
    const { receiver } = this.#exchange ?? {}
    if (receiver === undefined) {
      this.#end(new ClientError('malformed_response', `${this.peer} sends without being asked`))
      return false
    }
    try {
      const end = this.#reader.feed(buffer, 0, length)
      if (end < length)
        this.#error = new ClientError('malformed_response', `${this.peer} sent more than its answer`)
    } catch (error) {
      this.#fail(error)
      return false
    }
    return this.#proceed(receiver)
  }

  #proceed(receiver: AnswerReceiver): boolean {
    if (receiver.sated) this.#complete(receiver)
    else if (receiver.saturated) {
      setImmediate(() => this.#drain(receiver))
      return false
    } else if (this.#reader.done) this.#complete(receiver)
    else if (this.#closed) this.#peerClosed()
    return true
  }

  #drain(receiver: AnswerReceiver): void {
    if (this.#exchange?.receiver !== receiver) return
    try {
      receiver.drain()
    } catch (error) {
      this.#fail(error)
      return
    }
    if (this.#proceed(receiver) && !this.socket.destroyed) this.socket.resume()
  }

  #complete(receiver: AnswerReceiver): void {
    try {
      receiver.end()
    } catch (error) {
      this.#fail(error)
      return
    }
    const keep = this.#reader.persistent && !receiver.sated && !this.#writing && this.#error === undefined
    if (!keep) this.socket.destroy()
    this.#settle((exchange) => exchange.resolve())
  }

  #peerClosed(): void {
    this.#closed = true
    const { receiver } = this.#exchange ?? {}
    if (receiver === undefined) return this.#end(undefined)
    if (receiver.saturated) return
    try {
      this.#reader.finish()
    } catch (error) {
      this.#fail(error)
      return
    }
    this.#complete(receiver)
  }

  #destroyed(): void {
    this.#writing = false
    if (!this.#closed) this.#peerClosed()
    this.#release?.()
  }

  /** Ends a connection that serves no request. */
  #end(error: unknown): void {
    this.#error ??= error
    this.socket.destroy()
    this.onIdleEnd?.()
  }

  #fail(error: unknown): void {
    this.#error ??= error
    this.socket.destroy()
    if (this.#exchange === undefined) this.onIdleEnd?.()
    else this.#settle((exchange) => exchange.reject(error))
  }

  #settle(how: (exchange: Exchange) => void): void {
    const exchange = this.#exchange
    if (exchange === undefined) return
    this.#exchange = undefined
    this.#receiver = undefined
    exchange.interruption.removeEventListener('abort', this.#interrupted)
    if (this.#writing) this.#release = () => how(exchange)
    else how(exchange)
  }
}
