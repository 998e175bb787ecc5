import { ClientError } from './client-error.ts'
import { headLimits, malformed, parseResponseHead, type ResponseHead } from './response-head.ts'

/** Who takes an answer as it comes. */
export interface ResponseReceiver {
  head(head: ResponseHead): void
  /** Bytes of the body, its transfer coding undone. They are the receiver's only for the length of the call. */
  body(buffer: Buffer, from: number, to: number): void
}

/** How many interim answers (1xx) may precede one. */
const interimLimit = 8
/** Bytes that chunk extensions and trailers of one answer may take in all. */
const overheadLimit = 16_384
/** Hexadecimal digits of a chunk's size, leading zeros included. */
const sizeDigits = 12

type State =
  | 'idle'
  | 'head'
  | 'sized'
  | 'until_close'
  | 'chunk_size'
  | 'chunk_extension'
  | 'chunk_size_end'
  | 'chunk'
  | 'chunk_cr'
  | 'chunk_lf'
  | 'trailers'
  | 'done'

const CR = 13
const LF = 10
const semicolon = 0x3b

/**
 * Takes answers of HTTP/1.1 apart, one after the other, however their bytes are cut. It is strict where lenience lets two
 * readers see different answers (RFC 9112, 6.3 and 7.1): a length beside chunks, several lengths, another transfer coding
 * than `chunked`, a chunk that does not end where it says.
 */
export class ResponseReader {
  readonly #receiver: ResponseReceiver
  #state: State = 'idle'
  #method = 'GET'
  #text = ''
  /** Characters of the line so far, without CR. */
  #line = 0
  #interim = 0
  /** Bytes of the body or chunk to come. */
  #left = 0
  #digits = 0
  #overhead = 0
  #persistent = false

  constructor(receiver: ResponseReceiver) {
    this.#receiver = receiver
  }

  /** Gets ready for the answer to a request. */
  start(method: string): void {
    this.#method = method
    this.#text = ''
    this.#line = 0
    this.#interim = 0
    this.#overhead = 0
    this.#persistent = false
    this.#state = 'head'
  }

  /** Whether the answer is complete. */
  get done(): boolean {
    return this.#state === 'done'
  }

  /** Whether anything of the answer has come. */
  get begun(): boolean {
    return this.#state !== 'head' || this.#text !== '' || this.#interim > 0
  }

  /** Whether the connection can take another request once the answer is complete. */
  get persistent(): boolean {
    return this.#persistent
  }

  /**
   * Takes bytes.
   *
   * @returns where the answer ended, or `to`
   * @throws {ClientError} `malformed_response`, `response_headers_too_large`
   */
  feed(buffer: Buffer, from: number, to: number): number {
    let at = from
    while (at < to && this.#state !== 'done') at = this.#step(buffer, at, to)
    return at
  }

  /**
   * The peer has closed.
   *
   * @throws {ClientError} `connection_closed` where the answer is not complete
   */
  finish(): void {
    if (this.#state === 'until_close') this.#state = 'done'
    if (this.#state === 'done') return
    const where = this.begun ? 'in the midst of its answer' : 'without an answer'
    throw new ClientError('connection_closed', `the server closed the connection ${where}`)
  }

  #step(buffer: Buffer, at: number, to: number): number {
    switch (this.#state) {
      case 'head':
        return this.#head(buffer, at, to)
      case 'sized':
        return this.#bytes(buffer, at, to, 'done')
      case 'chunk':
        return this.#bytes(buffer, at, to, 'chunk_cr')
      case 'until_close':
        this.#receiver.body(buffer, at, to)
        return to
      case 'trailers':
        return this.#trailers(buffer, at, to)
      case 'chunk_size':
        return this.#chunkSize(buffer[at] ?? 0, at)
      case 'chunk_extension':
        return this.#chunkExtension(buffer[at] ?? 0, at)
      case 'chunk_size_end':
        expect(buffer, at, LF)
        this.#state = this.#left === 0 ? 'trailers' : 'chunk'
        return at + 1
      case 'chunk_cr':
        expect(buffer, at, CR)
        this.#state = 'chunk_lf'
        return at + 1
      case 'chunk_lf':
        expect(buffer, at, LF)
        this.#beginChunk()
        return at + 1
      case 'idle':
      case 'done':
    }
    return at
  }

  #head(buffer: Buffer, from: number, to: number): number {
    const end = this.#endOfLines(buffer, from, to)
    this.#text += buffer.toString('latin1', from, end === 0 ? to : end)
    if (this.#text.length > headLimits.bytes) {
      throw new ClientError(
        'response_headers_too_large',
        `the headers of the answer take more than ${headLimits.bytes} bytes`,
      )
    }
    if (end === 0) return to
    this.#begin(parseResponseHead(this.#text.replace(/\r?\n\r?\n$/, '')))
    return end
  }

  #begin(head: ResponseHead): void {
    if (head.status < 200) {
      if (head.status === 101)
        throw new ClientError('malformed_response', 'the server changes the protocol unasked')
      if (++this.#interim > interimLimit) {
        throw new ClientError('malformed_response', `more than ${interimLimit} interim answers came`)
      }
      this.#text = ''
      return
    }
    const framing = framingOf(head, this.#method)
    // A tunnel is open for good, whatever the version.
    this.#persistent = isTunnel(head, this.#method) || (framing.length !== undefined && keepsAlive(head))
    this.#receiver.head(head)
    if (framing.length === 'chunked') return this.#beginChunk()
    this.#left = framing.length ?? 0
    if (framing.length === undefined) this.#state = 'until_close'
    else this.#state = framing.length === 0 ? 'done' : 'sized'
  }

  #bytes(buffer: Buffer, from: number, to: number, after: State): number {
    const end = Math.min(to, from + this.#left)
    this.#left -= end - from
    if (this.#left === 0) this.#state = after
    this.#receiver.body(buffer, from, end)
    return end
  }

  #beginChunk(): void {
    this.#left = 0
    this.#digits = 0
    this.#line = 0
    this.#state = 'chunk_size'
  }

  #chunkSize(byte: number, at: number): number {
    const digit = hexadecimal(byte)
    if (digit >= 0) {
      if (++this.#digits > sizeDigits)
        throw new ClientError('malformed_response', 'a chunk of the answer is too large')
      this.#left = this.#left * 16 + digit
      return at + 1
    }
    if (this.#digits === 0) throw new ClientError('malformed_response', 'a chunk of the answer has no size')
    if (byte === CR) this.#state = 'chunk_size_end'
    else if (byte === semicolon || byte === 0x20 || byte === 0x09) this.#state = 'chunk_extension'
    else throw new ClientError('malformed_response', 'the size of a chunk of the answer is no number')
    return at + 1
  }

  /** Extensions mean nothing here (RFC 9112, 7.1.1). */
  #chunkExtension(byte: number, at: number): number {
    if (byte === CR) this.#state = 'chunk_size_end'
    else if (byte === LF)
      throw new ClientError('malformed_response', 'a chunk of the answer has a stray line end')
    this.#countOverhead(1)
    return at + 1
  }

  /** Trailers end with an empty line; nothing here needs what they say. */
  #trailers(buffer: Buffer, from: number, to: number): number {
    const end = this.#endOfLines(buffer, from, to)
    this.#countOverhead((end === 0 ? to : end) - from)
    if (end === 0) return to
    this.#state = 'done'
    return end
  }

  #countOverhead(bytes: number): void {
    this.#overhead += bytes
    if (this.#overhead > overheadLimit) {
      throw new ClientError('malformed_response', 'chunk extensions or trailers of the answer are too long')
    }
  }

  /** The position after the first empty line, 0 where there is none yet. */
  #endOfLines(buffer: Buffer, from: number, to: number): number {
    for (let at = from; at < to; at++) {
      const byte = buffer[at]
      if (byte === LF) {
        if (this.#line === 0) return at + 1
        this.#line = 0
      } else if (byte !== CR) this.#line++
    }
    return 0
  }
}

/** How the end of a body is known: by its length, by chunks, or by the end of the connection (RFC 9112, 6.3). */
function framingOf(head: ResponseHead, method: string): { readonly length: number | 'chunked' | undefined } {
  const { status, headers, minorVersion } = head
  const length = headers.get('content-length')
  const coding = headers.get('transfer-encoding')
  if (coding !== undefined) {
    if (length !== undefined) {
      throw new ClientError(
        'malformed_response',
        'the answer has both a Content-Length and a Transfer-Encoding',
      )
    }
    if (minorVersion === 0 || coding.toLowerCase() !== 'chunked') {
      throw malformed('the answer has a Transfer-Encoding that is not understood', coding)
    }
  }
  // Several are joined by commas, which no number has.
  if (length !== undefined && !/^\d{1,15}$/.test(length)) {
    throw malformed('the Content-Length of the answer is not one number', length)
  }
  if (isTunnel(head, method)) return { length: 0 }
  if (method === 'HEAD' || status === 204 || status === 304) return { length: 0 }
  if (coding !== undefined) return { length: 'chunked' }
  return { length: length === undefined ? undefined : Number(length) }
}

function isTunnel({ status }: ResponseHead, method: string): boolean {
  return method === 'CONNECT' && status < 300
}

function keepsAlive({ headers, minorVersion }: ResponseHead): boolean {
  const options = (headers.get('connection') ?? '')
    .toLowerCase()
    .split(',')
    .map((option) => option.trim())
  return minorVersion === 1 ? !options.includes('close') : options.includes('keep-alive')
}

function expect(buffer: Buffer, at: number, byte: number): void {
  if (buffer[at] !== byte)
    throw new ClientError('malformed_response', 'a chunk of the answer is not as long as it says')
}

function hexadecimal(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30
  const letter = byte | 0x20
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1
}
