import {
  constants,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2'
import { BodyCollector, RequestBodyError, type BodyRoom } from '#src/http/request-body.ts'
import { visibleJson } from '#src/text/visible-text.ts'
import { frameHead, frameHeadBytes } from '../message-frame.ts'
import type { StatusName } from '../status.ts'
import { GrpcError, statusCode, writeRichStatus } from './grpc-error.ts'

/** A method that takes one message and answers with one. What it throws but `GrpcError` ends the call as `internal`. */
export type UnaryMethod = (message: Buffer, call: UnaryCall) => Promise<Buffer> | Buffer

/** What bounds a call. */
export interface CallLimits {
  /** Bytes of a message, as it comes and decompressed. */
  readonly maxMessageBytes: number
  /** From the beginning of a call until its message is whole, in milliseconds; 0 is no limit. */
  readonly readTimeoutMs: number
  /** Values of `grpc-encoding` that are taken beside `identity`. */
  readonly encodings: readonly string[]
  /** Bytes of all messages that are being received. */
  readonly room: BodyRoom
  /** Told what a method threw that is no `GrpcError`. */
  failed(error: unknown): void
}

const contentType = 'application/grpc'

/** One unary call: its message is read off the stream, and an answer or a status written to it (PROTOCOL-HTTP2.md). */
export class UnaryCall {
  readonly #stream: ServerHttp2Stream
  readonly #limits: CallLimits
  readonly #encoding: string
  readonly #head = Buffer.alloc(frameHeadBytes)
  #headBytes = 0
  #left = 0
  #body: BodyCollector | undefined
  #timer: NodeJS.Timeout | undefined
  #ended = false
  readonly #gone = new AbortController()

  constructor(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, limits: CallLimits) {
    this.#stream = stream
    this.#limits = limits
    this.#encoding = textOf(headers['grpc-encoding']) ?? 'identity'
    stream.once('close', () => {
      clearTimeout(this.#timer)
      this.#ended = true
      this.#body?.release()
      this.#gone.abort()
    })
  }

  /** Aborted when nobody waits for the answer any more. */
  get signal(): AbortSignal {
    return this.#gone.signal
  }

  /** Reads the message, has the method answer it, and ends the call. Never throws. */
  async serve(headers: IncomingHttpHeaders, method: UnaryMethod): Promise<void> {
    try {
      const deadline = this.#startDeadline(textOf(headers['grpc-timeout']))
      const message = await this.#receive()
      if (message === undefined) return
      if (deadline === undefined) clearTimeout(this.#timer)
      else this.#end(deadline - performance.now())
      this.#answer(await method(message, this))
    } catch (error) {
      const known = knownError(error)
      if (known === undefined) this.#limits.failed(error)
      this.fail(known ?? new GrpcError('internal', 'internal error'))
    }
  }

  /** Ends the call with a status, at most once. */
  fail(error: GrpcError): void {
    if (this.#ended || this.#stream.headersSent) return
    this.#ended = true
    clearTimeout(this.#timer)
    this.#stream.respond(
      { ...answerHeaders(this.#limits.encodings), ...statusTrailers(error) },
      { endStream: true },
    )
    this.#discard()
  }

  /** What the client still sends is thrown away; soon it is told to stop. Told at once, it might not see the answer. */
  #discard(): void {
    const stream = this.#stream
    if (stream.readableEnded) return
    stream.resume()
    this.#timer = setTimeout(() => stream.close(constants.NGHTTP2_NO_ERROR), lingerMs)
  }

  /** The end of the call in the time of `performance.now`, as the client wants it; undefined where it says none. */
  #startDeadline(header: string | undefined): number | undefined {
    const { readTimeoutMs } = this.#limits
    if (header === undefined) {
      if (readTimeoutMs > 0) this.#end(readTimeoutMs)
      return undefined
    }
    const timeoutMs = timeoutOf(header)
    this.#end(readTimeoutMs > 0 ? Math.min(timeoutMs, readTimeoutMs) : timeoutMs)
    return performance.now() + timeoutMs
  }

  /** Ends the call after some milliseconds. */
  #end(afterMs: number): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(
      () => this.fail(new GrpcError('deadline_exceeded', 'the call took longer than it may')),
      Math.max(0, Math.min(afterMs, longestTimerMs)),
    )
  }

  /** @returns undefined where the client went away */
  async #receive(): Promise<Buffer | undefined> {
    try {
      for await (const chunk of this.#stream.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
        if (this.#ended) return undefined
        await this.#take(chunk)
      }
    } catch (error) {
      if (this.#stream.errored === error || this.#stream.destroyed) return undefined
      throw error
    }
    if (this.#ended || this.#stream.aborted) return undefined
    if (this.#body === undefined || this.#left > 0) {
      throw new GrpcError('internal', 'the call ended before its message')
    }
    const message = this.#body.end()
    this.#body.release()
    return message
  }

  async #take(chunk: Buffer): Promise<void> {
    let at = 0
    while (this.#body === undefined && at < chunk.length) {
      this.#head[this.#headBytes++] = chunk[at++] ?? 0
      if (this.#headBytes === frameHeadBytes) this.#body = this.#begin()
    }
    if (this.#body === undefined || at === chunk.length) return
    if (chunk.length - at > this.#left) {
      throw new GrpcError('internal', 'a unary call has one message, and more came')
    }
    this.#left -= chunk.length - at
    await this.#body.add(chunk, at, chunk.length)
  }

  /** The head of the message is there. */
  #begin(): BodyCollector {
    const { maxMessageBytes, encodings, room } = this.#limits
    this.#left = this.#head.readUInt32BE(1)
    if (this.#left > maxMessageBytes) {
      throw new GrpcError(
        'resource_exhausted',
        `the message has ${this.#left} bytes, over the limit of ${maxMessageBytes}`,
      )
    }
    const encoding = this.#head[0] === 0 ? 'identity' : this.#encoding
    if (encoding !== 'identity' && !encodings.includes(encoding)) {
      throw new GrpcError(
        'unimplemented',
        `the encoding ${visibleJson(encoding.slice(0, 40))} is not taken here; these are: ${encodings.join(', ')}`,
      )
    }
    return new BodyCollector(encoding, { maxBytes: maxMessageBytes, room })
  }

  #answer(message: Buffer): void {
    const stream = this.#stream
    if (this.#ended || stream.destroyed) return
    this.#ended = true
    clearTimeout(this.#timer)
    stream.respond(answerHeaders(this.#limits.encodings), { waitForTrailers: true })
    stream.once('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
    stream.end(Buffer.concat([frameHead(message.length, false), message]))
  }
}

/** How long a client that was answered may go on to send, in milliseconds. */
const lingerMs = 1000

/** Timers of Node hold no more. */
const longestTimerMs = 2 ** 31 - 1

function answerHeaders(encodings: readonly string[]): OutgoingHttpHeaders {
  return {
    ':status': 200,
    'content-type': contentType,
    'grpc-accept-encoding': ['identity', ...encodings].join(','),
  }
}

/** How the status of a call is said. */
export function statusTrailers({ status, message, retryDelayMs }: GrpcError): OutgoingHttpHeaders {
  const details =
    retryDelayMs === undefined
      ? {}
      : {
          'grpc-status-details-bin': writeRichStatus({ status, message, retryDelayMs })
            .toString('base64')
            .replace(/=+$/, ''),
        }
  return { 'grpc-status': statusCode(status), 'grpc-message': percentEncoded(message), ...details }
}

/** Messages are UTF-8 in percent coding (PROTOCOL-HTTP2.md, "Status-Message"). */
function percentEncoded(message: string): string {
  return message
    .toWellFormed()
    .replaceAll(/[^\u0020-\u0024\u0026-\u007e]+/gu, (characters) => encodeURIComponent(characters))
}

const units: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 1e-3, n: 1e-6 }
const timeoutForm = /^(\d{1,8})([HMSmun])$/

/** The time that a client gives a call, in milliseconds. @throws {GrpcError} */
function timeoutOf(header: string): number {
  const [, count, unit] = timeoutForm.exec(header) ?? []
  if (count === undefined || unit === undefined) {
    throw new GrpcError('internal', `${visibleJson(header.slice(0, 40))} is no grpc-timeout`)
  }
  return Number(count) * (units[unit] ?? 1)
}

const statusOfBody: Readonly<Record<RequestBodyError['status'], StatusName>> = {
  400: 'internal',
  413: 'resource_exhausted',
  415: 'unimplemented',
  503: 'unavailable',
}

function knownError(error: unknown): GrpcError | undefined {
  if (error instanceof GrpcError) return error
  if (!(error instanceof RequestBodyError)) return undefined
  return new GrpcError(statusOfBody[error.status], error.message)
}

function textOf(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === 'object' ? value[0] : value
}
