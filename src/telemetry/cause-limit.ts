/** How often a line of one cause is written. */
const intervalMs = 60_000
const mostCauses = 1024

interface Entry<Cause> {
  readonly cause: Cause
  /** When the last line was written, in monotonic milliseconds. */
  readonly written: number
  suppressed: number
}

/** A cause, and how many of its lines were held back and not told yet. */
export interface Held<Cause> {
  readonly cause: Cause
  readonly suppressed: number
}

/** Lets one line per cause and minute pass, and counts the others. It remembers 1024 causes, the latest written. */
export class CauseLimit<Cause> {
  /** In the order of their last line. */
  readonly #entries = new Map<string, Entry<Cause>>()

  /**
   * Counts a line.
   *
   * @returns `suppressed`: how many were held back since the last one that passed, or undefined where this one is held
   * back too; `evicted`: causes that had to make room, with lines that were not told of
   */
  take(
    key: string,
    cause: Cause,
    now: number,
  ): { readonly suppressed: number | undefined; readonly evicted: readonly Held<Cause>[] } {
    const entry = this.#entries.get(key)
    if (entry !== undefined && now - entry.written < intervalMs) {
      entry.suppressed++
      return { suppressed: undefined, evicted: [] }
    }
    this.#entries.delete(key)
    this.#entries.set(key, { cause, written: now, suppressed: 0 })
    return { suppressed: entry?.suppressed ?? 0, evicted: this.#evict() }
  }

  /** Everything that is held back, which is then forgotten. */
  drain(): Held<Cause>[] {
    const held = [...this.#entries.values()].filter(({ suppressed }) => suppressed > 0)
    this.#entries.clear()
    return held
  }

  #evict(): Held<Cause>[] {
    if (this.#entries.size <= mostCauses) return []
    const [oldest] = this.#entries
    if (oldest === undefined) return []
    this.#entries.delete(oldest[0])
    return oldest[1].suppressed > 0 ? [oldest[1]] : []
  }
}
