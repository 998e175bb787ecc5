import type { ChunkPool } from './chunk-pool.ts'

/** One chunk, as long as a reader may want it. */
interface Held {
  readonly chunk: Buffer
  /** How many readers have not sent it yet. */
  readers: number
}

/** What all renditions of an exporter hold together. */
export interface Holding {
  bytes: number
}

/** So many bytes from the start are kept for readers who come later. */
const joinableBytes = 8 * 1024 * 1024

/**
 * One exposition on its way to all who asked for it at the same time. It is written as its fastest reader takes it, and
 * a chunk is given up when the last one has sent it: a slow reader holds chunks, and nobody up.
 */
export class Rendition {
  readonly #source: AsyncIterator<Buffer, void>
  readonly #pool: ChunkPool
  readonly #holding: Holding
  readonly #held: Held[] = []
  readonly #readers = new Set<Reader>()
  /** The number of the first chunk that is held. */
  #first = 0
  #written = 0
  #ended = false
  #writing: Promise<void> | undefined

  constructor(source: AsyncIterator<Buffer, void>, pool: ChunkPool, holding: Holding) {
    this.#source = source
    this.#pool = pool
    this.#holding = holding
  }

  /** Whether another reader may still come. */
  get joinable(): boolean {
    return this.#first === 0 && this.#readers.size > 0
  }

  /** A reader from the start; only while it is joinable, or for the first one. */
  join(): Reader {
    const reader = new Reader(this)
    this.#readers.add(reader)
    for (const held of this.#held) held.readers++
    return reader
  }

  /** The chunk with a number; undefined behind the last one. */
  async chunk(number: number): Promise<Buffer | undefined> {
    while (number >= this.#first + this.#held.length && !this.#ended) {
      this.#writing ??= this.#write()
      await this.#writing
    }
    return this.#held[number - this.#first]?.chunk
  }

  /** A reader has sent a chunk. */
  sent(number: number): void {
    const held = this.#held[number - this.#first]
    if (held === undefined) return
    held.readers--
    this.#release()
  }

  /** A reader goes, having sent all chunks before `next`, or because its connection is closed. */
  async leave(reader: Reader, next: number): Promise<void> {
    if (!this.#readers.delete(reader)) return
    const rest = this.#held.slice(Math.max(0, next - this.#first))
    for (const held of rest) held.readers--
    this.#release()
    if (this.#readers.size > 0) return
    this.#ended = true
    await this.#source.return?.()
    await this.#writing
    while (this.#held.length > 0) this.#drop()
  }

  async #write(): Promise<void> {
    try {
      const next = await this.#source.next()
      if (next.done === true) {
        this.#ended = true
        return
      }
      const chunk = next.value
      this.#held.push({ chunk, readers: this.#readers.size })
      this.#written += chunk.length
      this.#holding.bytes += chunk.length
    } finally {
      this.#writing = undefined
    }
  }

  #release(): void {
    if (this.#written <= joinableBytes) return
    while (this.#held[0]?.readers === 0) this.#drop()
  }

  #drop(): void {
    const held = this.#held.shift()
    if (held === undefined) return
    this.#first++
    this.#holding.bytes -= held.chunk.length
    this.#pool.give(held.chunk)
  }
}

/** One who reads a rendition from its start. */
export class Reader {
  readonly #rendition: Rendition
  #next = 0

  constructor(rendition: Rendition) {
    this.#rendition = rendition
  }

  /** The next chunk, undefined at the end. It stays as it is until `sent` is called. */
  async next(): Promise<Buffer | undefined> {
    return await this.#rendition.chunk(this.#next)
  }

  /** The chunk that `next` gave has been sent. */
  sent(): void {
    this.#rendition.sent(this.#next++)
  }

  /** Ends the reading, early or not. */
  async leave(): Promise<void> {
    await this.#rendition.leave(this, this.#next)
  }
}
