import {
  createSecureServer,
  createServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type SecureServerOptions,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2'
import type { AddressInfo } from 'node:net'
import { gunzipSync, gzipSync, zstdDecompressSync } from 'node:zlib'

/** A call as the receiver got it. */
export interface ReceivedCall {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  /** The message, decompressed. */
  readonly message: Buffer
  /** The number of the connection that it came on, from 1. */
  readonly connection: number
  /** Monotonic milliseconds when it was there whole. */
  readonly at: number
  readonly session: ServerHttp2Session
}

/** An answer: a status in trailers unless it says otherwise. */
export interface ScriptedStatus {
  readonly code?: number
  readonly message?: string
  /** `google.rpc.Status` as bytes. */
  readonly details?: Buffer
  /** The message of a success. */
  readonly response?: Buffer
  /** Whether that is compressed with gzip. */
  readonly gzip?: boolean
  /** Resets the stream with this code of HTTP/2 instead. */
  readonly reset?: number
  /** Answers with a status of HTTP alone. */
  readonly http?: number
  /** Ends the connection abruptly. */
  readonly hangUp?: boolean
  /** Never answers. */
  readonly hold?: boolean
}

/** Where a receiver listens, and what it speaks. */
export interface ReceiverPlace {
  readonly tls?: SecureServerOptions
  /** 0 lets the system choose. */
  readonly port?: number
  /** An address of the loopback. */
  readonly host?: string
}

/** A receiver of gRPC that answers as a test says, and keeps what it got. */
export class GrpcReceiver implements AsyncDisposable {
  readonly calls: ReceivedCall[] = []
  /** Connections so far. */
  connections = 0
  readonly sessions = new Set<ServerHttp2Session>()
  /** What it answers, by the call and its number from 0 on. */
  answer: (call: ReceivedCall, index: number) => ScriptedStatus | Promise<ScriptedStatus> = () => ({})
  readonly server: Http2Server
  readonly #waiting = new Set<() => void>()

  private constructor(tls: SecureServerOptions | undefined) {
    this.server = tls === undefined ? createServer() : createSecureServer(tls)
    this.server.on('session', (session) => {
      const connection = ++this.connections
      this.sessions.add(session)
      session.on('close', () => this.sessions.delete(session))
      session.on('error', () => undefined)
      session.on('stream', (stream, headers) => void this.#serve(stream, headers, session, connection))
    })
    this.server.on('sessionError', () => undefined)
  }

  /** Starts one on a port of the loopback, a free one where it is 0; with `tls` it speaks TLS. */
  static async start(
    answer?: GrpcReceiver['answer'],
    { tls, port = 0, host = '127.0.0.1' }: ReceiverPlace = {},
  ): Promise<GrpcReceiver> {
    const receiver = new GrpcReceiver(tls)
    if (answer !== undefined) receiver.answer = answer
    await new Promise<void>((resolve) => receiver.server.listen(port, host, resolve))
    return receiver
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port
  }

  get endpoint(): string {
    return `127.0.0.1:${this.port}`
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
    for (const session of this.sessions) session.destroy()
    await new Promise<void>((resolve) => this.server.close(() => resolve()))
  }

  async #serve(
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    session: ServerHttp2Session,
    connection: number,
  ): Promise<void> {
    stream.on('error', () => undefined)
    const chunks: Buffer[] = []
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    const { promise: whole, resolve } = Promise.withResolvers<void>()
    stream.on('end', () => resolve())
    await whole
    const call = {
      path: String(headers[':path']),
      headers,
      message: messageIn(Buffer.concat(chunks), String(headers['grpc-encoding'])),
      connection,
      at: performance.now(),
      session,
    }
    this.calls.push(call)
    this.#wake()
    const answer = await this.answer(call, this.calls.length - 1)
    if (!stream.destroyed) give(stream, answer)
    this.#wake()
  }

  #wake(): void {
    for (const wake of this.#waiting) wake()
    this.#waiting.clear()
  }
}

function messageIn(bytes: Buffer, encoding: string): Buffer {
  const length = bytes.readUInt32BE(1)
  const message = bytes.subarray(5)
  if (message.length !== length) throw new Error(`a message of ${length} bytes came with ${message.length}`)
  if (bytes[0] === 0) return message
  return encoding === 'gzip' ? gunzipSync(message) : zstdDecompressSync(message)
}

function give(stream: ServerHttp2Stream, answer: ScriptedStatus): void {
  const { code = 0, message, details, response, gzip = false, reset, http, hangUp, hold } = answer
  if (hold === true) return
  if (hangUp === true) {
    stream.session?.destroy()
    return
  }
  if (reset !== undefined) {
    stream.close(reset)
    return
  }
  if (http !== undefined) {
    stream.respond({ ':status': http }, { endStream: true })
    return
  }
  const trailers = {
    'grpc-status': String(code),
    ...(message === undefined ? {} : { 'grpc-message': encodeURIComponent(message) }),
    ...(details === undefined ? {} : { 'grpc-status-details-bin': details.toString('base64') }),
  }
  const head = { ':status': 200, 'content-type': 'application/grpc' }
  if (code !== 0) {
    // As servers do that have no message: the headers are the trailers.
    stream.respond({ ...head, ...trailers }, { endStream: true })
    return
  }
  stream.respond({ ...head, ...(gzip ? { 'grpc-encoding': 'gzip' } : {}) }, { waitForTrailers: true })
  stream.on('wantTrailers', () => stream.sendTrailers(trailers))
  const plain = response ?? Buffer.alloc(0)
  const body = gzip ? gzipSync(plain) : plain
  const frame = Buffer.alloc(5)
  frame[0] = gzip ? 1 : 0
  frame.writeUInt32BE(body.length, 1)
  stream.end(Buffer.concat([frame, body]))
}

/** `google.rpc.Status` with a RetryInfo, written by hand. */
export function statusWithRetryInfo(code: number, message: string, delayMs: number): Buffer {
  const duration = Buffer.concat([
    Buffer.from([0x08]),
    varint(Math.floor(delayMs / 1000)),
    Buffer.from([0x10]),
    varint((delayMs % 1000) * 1e6),
  ])
  const retryInfo = field(1, duration)
  const any = Buffer.concat([
    field(1, Buffer.from('type.googleapis.com/google.rpc.RetryInfo')),
    field(2, retryInfo),
  ])
  return Buffer.concat([Buffer.from([0x08]), varint(code), field(2, Buffer.from(message)), field(3, any)])
}

/** An ExportMetricsServiceResponse with a partial success, written by hand. */
export function partialSuccess(rejected: number, message: string): Buffer {
  return field(1, Buffer.concat([Buffer.from([0x08]), varint(rejected), field(2, Buffer.from(message))]))
}

function field(number: number, bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from([number * 8 + 2]), varint(bytes.length), bytes])
}

function varint(value: number): Buffer {
  const bytes: number[] = []
  for (let left = value; ; left = Math.floor(left / 128)) {
    if (left < 128) return Buffer.from([...bytes, left])
    bytes.push((left % 128) + 128)
  }
}
