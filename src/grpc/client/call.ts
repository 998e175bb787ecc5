import { constants, type ClientHttp2Stream, type IncomingHttpHeaders } from 'node:http2'
import { ClientError } from '#src/http/client/client-error.ts'
import { explainSocketError } from '#src/http/client/socket-error.ts'
import { firstMessage, frameHeadBytes } from '../message-frame.ts'
import { readStatus, type GrpcStatus, type StatusName } from '../status.ts'

/** What a call came to. */
export interface CallAnswer {
  readonly status: GrpcStatus
  /** The first message of the answer; undefined where there is none, or none that can be read. */
  readonly message: Buffer | undefined
}

/** What an answer may have at most, in bytes. */
const maxAnswerBytes = 65_536

/** What statuses of HTTP mean where a proxy answers instead of the server (http-grpc-status-mapping.md). */
const statusOfHttp: Readonly<Record<number, StatusName>> = {
  400: 'internal',
  401: 'unauthenticated',
  403: 'permission_denied',
  404: 'unimplemented',
  429: 'unavailable',
  502: 'unavailable',
  503: 'unavailable',
  504: 'unavailable',
}

/** The connection that a call goes over. */
export interface CallConnection {
  /** For messages: host and port. */
  readonly peer: string
  readonly isSecure: boolean
  /** Whether it has ended with all that was on it. */
  readonly ended: boolean
  /** Why it was ended here. */
  readonly reason: ClientError | undefined
  /** Whether the server has said anything in HTTP/2. */
  readonly greeted: boolean
  /** Told whenever something comes from the server. */
  hear(): void
}

/** One call on its way: the answer to one request, read off its stream. */
export class Call {
  readonly #stream: ClientHttp2Stream
  readonly #connection: CallConnection
  readonly #chunks: Buffer[] = []
  #bytes = 0
  #headers: IncomingHttpHeaders | undefined
  #trailers: IncomingHttpHeaders | undefined

  constructor(stream: ClientHttp2Stream, connection: CallConnection) {
    this.#stream = stream
    this.#connection = connection
    stream.on('response', (headers) => {
      connection.hear()
      this.#headers = headers
    })
    stream.on('data', (chunk: Buffer) => this.#take(chunk))
    stream.on('trailers', (trailers) => {
      connection.hear()
      this.#trailers = trailers
    })
  }

  /** Whether the server has begun to answer. */
  get answered(): boolean {
    return this.#headers !== undefined
  }

  /**
   * Waits for the answer. When it settles, the memory of the request is free.
   *
   * @throws {ClientError} where the stream was reset or the connection lost, or the signal's reason
   */
  async answer(signal: AbortSignal): Promise<CallAnswer> {
    const stream = this.#stream
    const { promise: closed, resolve: close } = Promise.withResolvers<void>()
    let failure: unknown
    stream.on('error', (error) => {
      failure ??= error
    })
    stream.once('close', () => close())
    const abort = (): void => {
      stream.close(constants.NGHTTP2_CANCEL)
      stream.destroy()
    }
    signal.addEventListener('abort', abort)
    if (signal.aborted) abort()
    await closed
    signal.removeEventListener('abort', abort)
    const status = this.#status()
    if (status === undefined) {
      signal.throwIfAborted()
      throw this.#lost(failure)
    }
    const encoding = String(this.#headers?.['grpc-encoding'] ?? 'identity')
    return { status, message: await firstMessage(Buffer.concat(this.#chunks), encoding, maxAnswerBytes) }
  }

  #take(chunk: Buffer): void {
    this.#connection.hear()
    // What is too much is read, so that the end comes, and not kept.
    if (this.#bytes < maxAnswerBytes + frameHeadBytes) this.#chunks.push(chunk)
    this.#bytes += chunk.length
  }

  #status(): GrpcStatus | undefined {
    const headers = this.#headers
    // An answer without a message has its status in the headers.
    const told = readStatus(this.#trailers ?? {}) ?? readStatus(headers ?? {})
    if (told !== undefined || headers === undefined) return told
    const http = Number(headers[':status'])
    if (http === 200) return undefined
    const message = `HTTP status ${http} instead of a status of gRPC`
    return { name: statusOfHttp[http] ?? 'unknown', message, retryDelayMs: undefined }
  }

  /**
   * A stream that ended without a status. Whatever the server or a proxy gave as the code of the reset, nothing says that the
   * data is at fault: it is sent again.
   */
  #lost(failure: unknown): ClientError {
    const { peer, isSecure, ended, greeted, reason } = this.#connection
    const isProtocol = failure instanceof Error && 'code' in failure && failure.code === 'ERR_HTTP2_ERROR'
    if (isProtocol)
      return new ClientError('malformed_response', `${peer} speaks no HTTP/2, which gRPC needs`, {
        cause: failure,
      })
    if (reason !== undefined) return reason
    // Since version 1.3 of TLS a server says only behind the handshake what it thinks of the client's certificate.
    const explained = explainSocketError(failure, peer)
    if (explained instanceof ClientError && explained.code.startsWith('tls_')) return explained
    if (ended && !greeted) {
      const question = isSecure ? 'does it want another client certificate?' : 'does it speak TLS?'
      const message = `${peer} ended the connection without a word of HTTP/2: ${question}`
      return new ClientError('connection_closed', message, { cause: failure })
    }
    const how = ended ? 'ended the connection' : `reset the stream with the code ${this.#stream.rstCode}`
    return new ClientError('connection_reset', `${peer} ${how} before it answered`, { cause: failure })
  }
}
