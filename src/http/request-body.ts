import type { IncomingMessage } from 'node:http'
import { setImmediate } from 'node:timers/promises'
import { decompressFrames, isFramed } from '#src/remote/snappy-frames.ts'
import { decompress, SnappyError } from '#src/remote/snappy.ts'
import { visibleJson } from '#src/text/visible-text.ts'
import { ClientError } from './client/client-error.ts'
import { makeContentDecoder, type ContentDecoder } from './client/content-decoder.ts'

/** A request whose body is not taken, with the status that says so. The message is a sentence for who sent it. */
export class RequestBodyError extends Error {
  override readonly name = 'RequestBodyError'
  /** 400: it is not what it says; 413: too large; 415: an encoding that is not taken; 503: no room just now. */
  readonly status: 400 | 413 | 415 | 503

  constructor(
    status: RequestBodyError['status'],
    message: string,
    options: { readonly cause?: unknown } = {},
  ) {
    super(message, options)
    this.status = status
  }
}

/** Names of `Content-Encoding` that a server can take. `snappy` is the block format or frames, `zlib` another name of `deflate`. */
export const bodyEncodings = ['gzip', 'x-gzip', 'deflate', 'zlib', 'zstd', 'snappy'] as const

export type BodyEncoding = (typeof bodyEncodings)[number]

/** What bounds a body. */
export interface BodyLimits {
  /** Bytes that it may have, as it comes and decompressed. */
  readonly maxBytes: number
  /** The encodings that are taken beside none. */
  readonly encodings: readonly string[]
  /** Bytes of all bodies that are being received. */
  readonly room: BodyRoom
}

/** How many bytes the bodies that a server is receiving have at a time, so that many clients cannot have what one may not. */
export class BodyRoom {
  #left: number

  constructor(bytes: number) {
    this.#left = bytes
  }

  /** Takes bytes, or refuses. */
  take(bytes: number): boolean {
    if (bytes > this.#left) return false
    this.#left -= bytes
    return true
  }

  give(bytes: number): void {
    this.#left += bytes
  }
}

/**
 * Reads the body of a request and undoes its `Content-Encoding`. Memory is taken as bytes come, never because something is
 * announced, and all bounds hold for what is decompressed too.
 *
 * @returns undefined where the client went away
 * @throws {RequestBodyError}
 */
export async function readBody(request: IncomingMessage, limits: BodyLimits): Promise<Buffer | undefined> {
  const encoding = encodingOf(request, limits.encodings)
  if (Number(request.headers['content-length'] ?? 0) > limits.maxBytes) throw tooLarge(limits.maxBytes)
  const body = new BodyCollector(encoding, limits)
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) await body.add(chunk, 0, chunk.length)
    return body.end()
  } catch (error) {
    // Node destroys a request whose connection ended, with an error of its own.
    if (request.errored === error && !request.complete) return undefined
    throw error
  } finally {
    body.release()
  }
}

function encodingOf(request: IncomingMessage, encodings: readonly string[]): string {
  const name = request.headers['content-encoding']?.trim().toLowerCase() ?? ''
  if (name === '' || name === 'identity' || encodings.includes(name)) return name
  const taken = encodings.length === 0 ? 'none' : encodings.join(', ')
  throw new RequestBodyError(
    415,
    `the Content-Encoding ${visibleJson(name.slice(0, 40))} is not taken here; these are: ${taken}`,
  )
}

/** Collects a body that comes in pieces, and undoes its encoding on the way. */
export class BodyCollector {
  readonly #maxBytes: number
  readonly #room: BodyRoom
  readonly #isSnappy: boolean
  readonly #decoder: ContentDecoder | undefined
  readonly #parts: Buffer[] = []
  #length = 0

  /** @param encoding one of `bodyEncodings`; `identity` or nothing for none */
  constructor(encoding: string, { maxBytes, room }: Pick<BodyLimits, 'maxBytes' | 'room'>) {
    this.#maxBytes = maxBytes
    this.#room = room
    this.#isSnappy = encoding === 'snappy'
    this.#decoder = this.#isSnappy
      ? undefined
      : makeContentDecoder(encoding === 'zlib' ? 'deflate' : encoding, (...bytes) => this.#take(...bytes))
  }

  /** Takes a piece; where it decompresses to much, others have their turn meanwhile. @throws {RequestBodyError} */
  async add(buffer: Buffer, from: number, to: number): Promise<void> {
    const decoder = this.#decoder
    if (decoder === undefined) {
      this.#take(buffer, from, to)
      return
    }
    explained(() => decoder.write(buffer, from, to))
    while (decoder.saturated) {
      await setImmediate()
      explained(() => decoder.drain())
    }
  }

  /** The whole body, decompressed. @throws {RequestBodyError} where it is not whole */
  end(): Buffer {
    const decoder = this.#decoder
    if (decoder !== undefined) explained(() => decoder.end())
    const bytes = Buffer.concat(this.#parts, this.#length)
    if (!this.#isSnappy) return bytes
    const undo = isFramed(bytes) ? decompressFrames : decompress
    return explained(() => undo(bytes, this.#maxBytes))
  }

  /** Gives back what it has of the room; to be called in the end, whatever came. */
  release(): void {
    this.#decoder?.release()
    this.#room.give(this.#length)
    this.#length = 0
  }

  #take(buffer: Buffer, from: number, to: number): void {
    const bytes = to - from
    if (this.#length + bytes > this.#maxBytes) throw tooLarge(this.#maxBytes)
    if (!this.#room.take(bytes)) {
      throw new RequestBodyError(503, 'there is no room for more bodies just now')
    }
    this.#length += bytes
    this.#parts.push(Buffer.from(buffer.subarray(from, to)))
  }
}

/** Decompresses, and says to the sender why it cannot be done. */
function explained<Result>(work: () => Result): Result {
  try {
    return work()
  } catch (error) {
    if (error instanceof ClientError) throw new RequestBodyError(400, error.message, { cause: error })
    if (!(error instanceof SnappyError)) throw error
    throw new RequestBodyError(400, `the body cannot be decompressed (snappy): ${error.message}`, {
      cause: error,
    })
  }
}

function tooLarge(maxBytes: number): RequestBodyError {
  return new RequestBodyError(413, `the body is over the limit of ${maxBytes} bytes`)
}
