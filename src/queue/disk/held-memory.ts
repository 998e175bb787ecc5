import type { Entry, Holder } from './entry.ts'

/** Counts the requests of entries that are in memory, and lets go of them. */
export class HeldMemory {
  readonly #maxCachedBytes: number
  #bytes = 0
  #cachedBytes = 0

  /** @param maxCachedBytes what of new data is in memory at most only to spare reading it; as much again is read ahead */
  constructor(maxCachedBytes: number) {
    this.#maxCachedBytes = maxCachedBytes
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Whether more may be read ahead: that has room of its own, which new data cannot take. */
  get hasRoomAhead(): boolean {
    return this.#cachedBytes < 2 * this.#maxCachedBytes
  }

  /** Counts bytes more or less. */
  count(bytes: number): void {
    this.#bytes += bytes
  }

  /** Keeps a request that was just written in memory too, if there is room. */
  cache(entry: Entry): void {
    if (this.#cachedBytes < this.#maxCachedBytes) this.#keep(entry)
    else this.letGo(entry, 'line')
  }

  /** Counts a request that was read; it stays until it is given out, room or not, since somebody waits for it. */
  countRead(entry: Entry): void {
    entry.hold('line')
    this.#bytes += entry.request?.body.length ?? 0
    this.#keep(entry)
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

  #keep(entry: Entry): void {
    entry.cached = true
    this.#cachedBytes += entry.request?.body.length ?? 0
  }
}
