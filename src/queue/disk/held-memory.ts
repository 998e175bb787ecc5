import type { Entry, Holder } from './entry.ts'

/** Counts the requests of entries that are in memory, and lets go of them. */
export class HeldMemory {
  readonly #maxCachedBytes: number
  #bytes = 0
  #cachedBytes = 0

  /** @param maxCachedBytes what is in memory at most only to spare reading it from disk */
  constructor(maxCachedBytes: number) {
    this.#maxCachedBytes = maxCachedBytes
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Whether more may be read ahead. */
  get hasRoom(): boolean {
    return this.#cachedBytes < this.#maxCachedBytes
  }

  /** Counts bytes more or less. */
  count(bytes: number): void {
    this.#bytes += bytes
  }

  /** Keeps a request that is on disk too in memory, if there is room. */
  cache(entry: Entry): void {
    const length = entry.request?.body.length ?? 0
    if (this.hasRoom) {
      entry.cached = true
      this.#cachedBytes += length
    } else {
      this.letGo(entry, 'line')
    }
  }

  /** It is needed now, or not at all. */
  uncache(entry: Entry): void {
    if (!entry.cached) return
    entry.cached = false
    this.#cachedBytes -= entry.request?.body.length ?? 0
  }

  letGo(entry: Entry, holder: Holder): void {
    if (holder === 'line') this.uncache(entry)
    this.#bytes -= entry.letGo(holder)
  }
}
