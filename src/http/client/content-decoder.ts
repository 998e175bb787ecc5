import { visibleJson } from '#src/text/visible-text.ts'
import { ClientError } from './client-error.ts'
import { canInflate, Inflater, type InflatedEncoding } from './inflater.ts'

/** Takes bytes of a body; the buffer is the taker's only for the length of the call. */
export type TakeBytes = (buffer: Buffer, from: number, to: number) => void

/** Undoes the encodings of a body, piece by piece. */
export interface ContentDecoder {
  write(buffer: Buffer, from: number, to: number): void
  /** True while it holds input that it put off so as to let others run. */
  readonly saturated: boolean
  /** Works on that input. */
  drain(): void
  /** The body is complete. Throws where its encoding is not. */
  end(): void
  /** Frees what it has. */
  release(): void
}

/** Where all bodies of a thread are inflated into, since each piece is handed on before the next is made. */
const output = Buffer.allocUnsafeSlow(65_536)
/** Bytes inflated before others may run: some 4 ms of work, and as much again for who parses them. */
const stretch = 1_048_576

/** Names of `Content-Encoding`; `x-gzip` is the same (RFC 9110, 8.4.1.3). */
const encodings: Readonly<Record<string, InflatedEncoding>> = {
  gzip: 'gzip',
  'x-gzip': 'gzip',
  deflate: 'deflate',
  zstd: 'zstd',
}

/**
 * Makes the decoder that a `Content-Encoding` asks for; undefined for none or `identity`. Encodings within encodings are
 * refused: nobody sends them but to multiply.
 *
 * @throws {ClientError} `unsupported_encoding`
 */
export function makeContentDecoder(header: string | undefined, take: TakeBytes): ContentDecoder | undefined {
  const name = header?.toLowerCase() ?? ''
  if (name === '' || name === 'identity') return undefined
  const encoding = Object.hasOwn(encodings, name) ? encodings[name] : undefined
  if (encoding === undefined || !canInflate) {
    throw new ClientError(
      'unsupported_encoding',
      `the body has the encoding ${visibleJson(name.slice(0, 40))}`,
    )
  }
  return new InflatingDecoder(encoding, take)
}

class InflatingDecoder implements ContentDecoder {
  #encoding: InflatedEncoding
  #inflater: Inflater | undefined
  readonly #take: TakeBytes
  #pending = Buffer.alloc(0)
  /** Bytes inflated since others ran. */
  #inflated = 0
  /** Whether the output was full, so that there may be more without more input. */
  #full = false
  saturated = false

  constructor(encoding: InflatedEncoding, take: TakeBytes) {
    this.#encoding = encoding
    this.#take = take
  }

  write(buffer: Buffer, from: number, to: number): void {
    if (from === to) return
    if (this.saturated) {
      // At most the rest of what the socket was read for, since it is not read meanwhile.
      this.#pending = Buffer.concat([this.#pending, buffer.subarray(from, to)])
    } else this.#inflate(buffer, from, to)
  }

  drain(): void {
    const pending = this.#pending
    this.#pending = Buffer.alloc(0)
    this.saturated = false
    this.#inflated = 0
    if (pending.length > 0 || this.#full) this.#inflate(pending, 0, pending.length)
  }

  end(): void {
    this.#opened().finish(output)
  }

  release(): void {
    this.#inflater?.release()
    this.#inflater = undefined
  }

  #inflate(buffer: Buffer, from: number, to: number): void {
    const inflater = this.#opened(buffer[from])
    let at = from
    do {
      at = to - inflater.step(buffer, at, to, output)
      const { produced } = inflater
      if (produced > 0) this.#take(output, 0, produced)
      this.#full = produced === output.length
      this.#inflated += produced
      this.saturated = this.#inflated >= stretch
    } while (this.#full && !this.saturated)
    if (this.#full) {
      this.#pending = Buffer.from(buffer.subarray(at, to))
      return
    }
    if (at < to) {
      throw new ClientError('malformed_encoding', `the body goes on after its end (${this.#encoding})`)
    }
  }

  /** What is called deflate has zlib's header, or has not: the first byte tells (RFC 1950, 2.2). */
  #opened(first?: number): Inflater {
    if (this.#inflater === undefined) {
      const raw = this.#encoding === 'deflate' && first !== undefined && (first & 0x0f) !== 8
      if (raw) this.#encoding = 'deflate_raw'
      this.#inflater = Inflater.acquire(this.#encoding)
    }
    return this.#inflater
  }
}
