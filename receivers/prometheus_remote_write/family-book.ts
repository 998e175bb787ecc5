import type { FamilyMetadata } from '#src/remote/decode/request-decoder.ts'

/** So many families are remembered. */
const mostFamilies = 50_000
/** What one sender said holds as long as it repeats it, by the minute; then what another one says does. */
const lapseMs = 10 * 60_000

interface Entry {
  metadata: FamilyMetadata
  /** When it was said last, by a clock that only grows. */
  said: number
}

/**
 * What version 1.0 says of families, apart from their series, and so without saying of whose. Where senders contradict each
 * other, the first one holds, so that series do not change with each of them.
 */
export class FamilyBook {
  readonly #entries = new Map<string, Entry>()

  get size(): number {
    return this.#entries.size
  }

  get(family: string): FamilyMetadata | undefined {
    return this.#entries.get(family)?.metadata
  }

  /** Takes in what is said. @returns whether something else holds from now on */
  tell(family: string, metadata: FamilyMetadata, now: number): boolean {
    const entry = this.#entries.get(family)
    if (entry === undefined) {
      if (this.#entries.size >= mostFamilies && !this.#makeRoom(now)) return false
      this.#entries.set(family, { metadata, said: now })
      return true
    }
    const { type, help, unit } = entry.metadata
    if (type === metadata.type && help === metadata.help && unit === metadata.unit) {
      entry.said = now
      return false
    }
    if (now - entry.said < lapseMs) return false
    this.#entries.set(family, { metadata, said: now })
    return true
  }

  #makeRoom(now: number): boolean {
    for (const [family, { said }] of this.#entries) if (now - said >= lapseMs) this.#entries.delete(family)
    return this.#entries.size < mostFamilies
  }
}
