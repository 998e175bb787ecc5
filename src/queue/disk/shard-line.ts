import type { EncodedRequest } from '../request-queue.ts'
import type { Entry } from './entry.ts'

/** What waits for one sender, in order. */
export class ShardLine {
  /** Parts of a request that was cut, which go first. */
  readonly parts: EncodedRequest[] = []
  first: Entry | undefined
  #last: Entry | undefined
  /** Entries that left the line and are not all settled, the oldest first. */
  #outstanding: Entry[] = []

  push(entry: Entry): void {
    if (this.#last === undefined) this.first = entry
    else this.#last.next = entry
    this.#last = entry
  }

  /** Takes the first entry out: from now on it is outstanding. */
  shift(): Entry | undefined {
    const entry = this.first
    if (entry === undefined) return undefined
    this.first = entry.next
    if (this.first === undefined) this.#last = undefined
    entry.next = undefined
    this.#outstanding.push(entry)
    return entry
  }

  /** Takes out those that fulfil a condition; they are not outstanding. */
  remove(condition: (entry: Entry) => boolean): Entry[] {
    const all = [...this]
    this.first = undefined
    this.#last = undefined
    for (const entry of all) {
      entry.next = undefined
      if (!condition(entry)) this.push(entry)
    }
    return all.filter(condition)
  }

  /** Those that wait, the first one first. */
  *[Symbol.iterator](): Generator<Entry> {
    for (let entry = this.first; entry !== undefined; entry = entry.next) yield entry
  }

  /** Puts an entry back that was taken last. */
  putBack(entry: Entry): void {
    this.#outstanding = this.#outstanding.filter((other) => other !== entry)
    entry.next = this.first
    this.first = entry
    this.#last ??= entry
  }

  /** Notes in the segments how far all is settled; to be called when an entry was. */
  advance(): void {
    const end = this.#outstanding.findIndex(({ settled }) => !settled)
    const done = this.#outstanding.splice(0, end < 0 ? Infinity : end)
    for (const { place, shard, sequence } of done) place?.segment.settled.set(shard, sequence)
  }
}
