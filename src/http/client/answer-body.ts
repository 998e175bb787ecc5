import { ClientError } from './client-error.ts'
import type { AnswerReceiver } from './connection.ts'
import { makeContentDecoder, type ContentDecoder } from './content-decoder.ts'
import type { ResponseHead } from './response-head.ts'

/**
 * Who takes the body of a good answer (2xx). It is called while the socket is read, and must not keep the buffer. What it
 * throws ends the request, and is what the request rejects with.
 */
export interface BodySink {
  begin(head: ResponseHead): void
  /** Bytes of the body, all encodings undone. The buffer is reused as soon as the call returns. */
  chunk(buffer: Uint8Array, from: number, to: number): void
  end(): void
}

/** Bytes of an answer that are kept for people to read. */
const excerptLimit = 4096
/** Bytes of an answer that nobody takes which are read so as to keep the connection. */
const drainLimit = 65_536

/** Takes one answer: hands the body to the sink, or keeps an excerpt of it. */
export class AnswerBody implements AnswerReceiver {
  readonly #sink: BodySink | undefined
  readonly #bodySizeLimit: number
  #head: ResponseHead | undefined
  #taking = false
  #decoder: ContentDecoder | undefined
  #unreadable = false
  readonly #excerpt: Buffer[] = []
  #excerptBytes = 0
  /** Bytes of the body as they came. */
  wireBytes = 0
  /** Bytes of the body, its encodings undone. */
  bodyBytes = 0

  /** @param bodySizeLimit bytes after decoding; 0 is no limit */
  constructor(sink: BodySink | undefined, bodySizeLimit: number) {
    this.#sink = sink
    this.#bodySizeLimit = bodySizeLimit
  }

  /** The head of the answer, once it is there. */
  get answer(): ResponseHead | undefined {
    return this.#head
  }

  /** The beginning of a body that no sink took; invalid UTF-8 is replaced. */
  get excerpt(): string {
    return Buffer.concat(this.#excerpt).toString('utf8')
  }

  get saturated(): boolean {
    return this.#decoder?.saturated ?? false
  }

  get sated(): boolean {
    return !this.#taking && Math.max(this.wireBytes, this.bodyBytes) > drainLimit
  }

  head(head: ResponseHead): void {
    this.#head = head
    this.#taking = this.#sink !== undefined && head.status >= 200 && head.status < 300
    this.#guarded(() => {
      this.#decoder = makeContentDecoder(head.headers.get('content-encoding'), (buffer, from, to) =>
        this.#decoded(buffer, from, to),
      )
    })
    if (!this.#taking) return
    if (this.#decoder === undefined) this.#checkSize(Number(head.headers.get('content-length') ?? '0'))
    this.#sink?.begin(head)
  }

  body(buffer: Buffer, from: number, to: number): void {
    this.wireBytes += to - from
    if (this.#unreadable) return
    if (this.#decoder === undefined) this.#decoded(buffer, from, to)
    else this.#guarded(() => this.#decoder?.write(buffer, from, to))
  }

  drain(): void {
    this.#guarded(() => this.#decoder?.drain())
  }

  end(): void {
    if (!this.#taking) return
    if (this.wireBytes > 0) this.#decoder?.end()
    this.#sink?.end()
  }

  /** Frees what it has; the answer can still be asked for. */
  release(): void {
    this.#decoder?.release()
    this.#decoder = undefined
  }

  /** What is wrong with a body that no sink takes is no matter: there is no excerpt then. */
  #guarded(work: () => void): void {
    try {
      work()
    } catch (error) {
      if (this.#taking) throw error
      this.#unreadable = true
      this.release()
    }
  }

  #decoded(buffer: Buffer, from: number, to: number): void {
    this.bodyBytes += to - from
    if (!this.#taking) {
      this.#keep(buffer, from, to)
      return
    }
    this.#checkSize(this.bodyBytes)
    this.#sink?.chunk(buffer, from, to)
  }

  #checkSize(bytes: number): void {
    const limit = this.#bodySizeLimit
    if (limit > 0 && bytes >= limit) {
      throw new ClientError('body_too_large', `body size limit exceeded: the body has ${limit} bytes or more`)
    }
  }

  #keep(buffer: Buffer, from: number, to: number): void {
    const end = Math.min(to, from + excerptLimit - this.#excerptBytes)
    if (end <= from) return
    this.#excerpt.push(Buffer.from(buffer.subarray(from, end)))
    this.#excerptBytes += end - from
  }
}
