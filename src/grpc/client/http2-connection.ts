import { connect, constants, type ClientHttp2Session } from 'node:http2'
import type { Socket } from 'node:net'
import type { Clock } from '#src/component/clock.ts'
import { ClientError } from '#src/http/client/client-error.ts'
import type { ClientTls } from '#src/http/client/tls-source.ts'
import { frameHead } from '../message-frame.ts'
import { Call, type CallConnection } from './call.ts'

/** Megabytes that all calls of a connection may hold: their messages are bounded by the queue that they come from. */
const maxSessionMemory = 4096

/** Timers take no longer ones. */
const longestTimerMs = 2 ** 31 - 1

/** When a silent server is asked whether it is still there; in milliseconds. */
export interface KeepaliveOptions {
  /** How long nothing was heard before; 0 never asks. */
  readonly timeMs: number
  /** How long it has to answer. */
  readonly timeoutMs: number
  /** Whether it is asked also while no call is on its way. */
  readonly permitWithoutStream: boolean
}

/** What goes with a call. */
export interface CallHead {
  /** `/package.Service/Method` */
  readonly path: string
  /** By name in lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[]>>
  /** Whether the message is compressed, in the encoding that the headers name. */
  readonly isCompressed: boolean
}

/** What a connection works with. */
export interface ConnectionParts {
  readonly clock: Clock
  readonly keepalive: KeepaliveOptions
  /** The server says that it was asked too often. */
  readonly askedTooOften: () => void
}

/** A connection of HTTP/2 that carries calls, until the server or the network ends it. */
export class Http2Connection implements CallConnection {
  /** What it was made with. */
  readonly tls: ClientTls | undefined
  readonly peer: string
  readonly #session: ClientHttp2Session
  readonly #authority: string
  readonly #parts: ConnectionParts
  #usable = true
  #greeted = false
  #reason: ClientError | undefined
  #calls = 0
  #heardAt: number
  /** When the first of the calls that are on their way was begun. */
  #begunAt = 0
  #cancelTimer: (() => void) | undefined

  /** @param authority host and port, as the server is to see them */
  constructor(
    socket: Socket,
    authority: string,
    peer: string,
    tls: ClientTls | undefined,
    parts: ConnectionParts,
  ) {
    this.tls = tls
    this.#authority = authority
    this.peer = peer
    this.#parts = parts
    this.#heardAt = parts.clock.monotonic()
    const session = connect(`${tls === undefined ? 'http' : 'https'}://${peer}`, {
      createConnection: () => socket,
      settings: { enablePush: false },
      maxSessionMemory,
    })
    this.#session = session
    // Calls on it tell of the error.
    session.on('error', () => this.#end())
    session.on('close', () => this.#end())
    session.on('goaway', (code: number) => {
      this.#usable = false
      if (code === constants.NGHTTP2_ENHANCE_YOUR_CALM) parts.askedTooOften()
    })
    session.on('localSettings', () => this.hear())
    session.on('remoteSettings', () => {
      this.#greeted = true
      this.hear()
    })
    this.#watch()
  }

  /** Whether it takes another call. */
  get usable(): boolean {
    return this.#usable && !this.#session.closed && !this.#session.destroyed
  }

  get isSecure(): boolean {
    return this.tls !== undefined
  }

  get ended(): boolean {
    return this.#session.destroyed
  }

  get reason(): ClientError | undefined {
    return this.#reason
  }

  get greeted(): boolean {
    return this.#greeted
  }

  /** Monotonic milliseconds when the server was heard last. */
  get heardAt(): number {
    return this.#heardAt
  }

  /**
   * Begins a call.
   *
   * @throws {ClientError} where the connection has just ended, or the metadata cannot be sent
   */
  begin({ path, headers, isCompressed }: CallHead, message: Uint8Array): Call {
    try {
      const stream = this.#session.request({
        ':method': 'POST',
        ':path': path,
        ':authority': this.#authority,
        te: 'trailers',
        'content-type': 'application/grpc',
        ...(headers as Record<string, string | string[]>),
      })
      const call = new Call(stream, this)
      if (this.#calls === 0) this.#begunAt = this.#parts.clock.monotonic()
      this.#calls++
      stream.once('close', () => this.#calls--)
      stream.write(frameHead(message.length, isCompressed))
      stream.end(message)
      this.#watch()
      return call
    } catch (error) {
      if (this.usable)
        throw new ClientError('invalid_request', 'the metadata of the call is none that HTTP/2 can carry')
      throw new ClientError('connection_closed', `${this.peer} ended the connection`, { cause: error })
    }
  }

  /** Lets calls come to their end, and takes no more. */
  retire(): void {
    this.#usable = false
    if (!this.#session.destroyed) this.#session.close()
  }

  /** Ends it with all calls. */
  destroy(): void {
    this.#end()
    this.#session.destroy()
  }

  /** Something came from the server. */
  hear(): void {
    this.#heardAt = this.#parts.clock.monotonic()
  }

  #end(): void {
    this.#usable = false
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
  }

  /** Looks again when the server will have been silent for long enough. */
  #watch(): void {
    const { clock, keepalive } = this.#parts
    if (keepalive.timeMs === 0 || this.#cancelTimer !== undefined || !this.usable) return
    if (this.#calls === 0 && !keepalive.permitWithoutStream) return
    const waitMs = Math.min(Math.max(1, keepalive.timeMs - this.#silence()), longestTimerMs)
    this.#cancelTimer = clock.after(waitMs, () => {
      this.#cancelTimer = undefined
      if (this.#silence() >= keepalive.timeMs) this.#ask()
      else this.#watch()
    })
  }

  /** How long the server was silent while it had reason to speak, in milliseconds. */
  #silence(): number {
    return this.#parts.clock.monotonic() - Math.max(this.#heardAt, this.#begunAt)
  }

  #ask(): void {
    if (this.#session.destroyed) return
    const { clock, keepalive } = this.#parts
    this.#cancelTimer = clock.after(keepalive.timeoutMs, () => {
      const message = `${this.peer} did not answer a ping in ${keepalive.timeoutMs / 1000} s`
      this.#reason = new ClientError('timeout', message)
      this.destroy()
    })
    this.#session.ping(() => {
      this.#cancelTimer?.()
      this.#cancelTimer = undefined
      this.hear()
      this.#watch()
    })
  }
}
