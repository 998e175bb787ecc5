import type { Entry } from './entry.ts'
import type { Segment } from './segment.ts'
import { ShardLine } from './shard-line.ts'

/** Where a backlog gets entries from, and whom it tells of them. */
export interface BacklogSource {
  /** Ends the segment, where it is the one that is written to, so that all of it can be read. */
  seal(segment: Segment): Promise<void>
  /** Reads which entries of a segment are not settled; undefined where it cannot now, and `retry` is to be waited for. */
  load(segment: Segment): Promise<readonly Entry[] | undefined>
  /** There is something for a shard. */
  ready(shard: number): void
}

/** So many entries in lines are enough: what is behind them stays on disk, not even known by its place. */
const enoughEntries = 1 << 16
/** With fewer than that more are looked for, so that no line runs dry. */
const fewEntries = 256

/**
 * What waits, in its order: segments, the oldest first, and a line for each shard with the entries of the first of them. Those
 * of later, cold segments are read when the lines run out, so that a large backlog is not in memory.
 */
export class Backlog {
  readonly lines: readonly ShardLine[]
  readonly #source: BacklogSource
  #segments: Segment[] = []
  /** Segments whose entries are not in lines, the oldest first; they are behind all others. */
  #cold: Segment[] = []
  #entries = 0
  /** Shards that were asked for more than there was. */
  readonly #hungry = new Set<number>()
  #loading: Promise<void> | undefined
  /** Whether loading failed, and is not tried before the next `retry`. */
  #resting = false
  #isClosed = false
  /** Entries of a segment that was begun while the last cold one is loaded: they come behind it. */
  #deferred: Entry[] = []

  constructor(shards: number, source: BacklogSource) {
    this.lines = Array.from({ length: shards }, () => new ShardLine())
    this.#source = source
  }

  /** Segments that have something unsettled, or are written to. */
  get segments(): readonly Segment[] {
    return this.#segments
  }

  /** Whether everything on disk is in lines, so that what is in memory only may follow. */
  get isKnown(): boolean {
    return this.#cold.length === 0 && this.#segments.every(({ shards }) => shards === this.lines.length)
  }

  /** Takes segments that were found. */
  restore(segments: readonly Segment[]): void {
    // What came while they could not be read is ahead of them.
    this.#segments = [...segments, ...this.#segments]
    this.#cold.push(...segments)
    this.#look()
  }

  /**
   * Takes a segment that was begun, and whose entries will be put.
   *
   * @param isLined whether some of them are in lines already, since the disk could not be written to
   */
  begin(segment: Segment, isLined: boolean): void {
    const loading = this.#loading === undefined ? 0 : 1
    const waits =
      this.#cold.length > loading ||
      this.#entries > enoughEntries ||
      this.#segments.some(({ shards }) => shards !== segment.shards)
    this.#segments.push(segment)
    if (waits && !isLined) this.#cold.push(segment)
    else segment.isWarm = true
  }

  /** Puts an entry behind all others. One of a cold segment is let go of: it will be loaded. Whether it is in a line. */
  put(entry: Entry): boolean {
    if (entry.lined) return true
    if (entry.place !== undefined && !entry.place.segment.isWarm) return false
    entry.lined = true
    if (this.#loading !== undefined) this.#deferred.push(entry)
    else this.#line(entry)
    return true
  }

  /** Takes the first entry of a line out. */
  shift(line: ShardLine): Entry | undefined {
    const entry = line.shift()
    if (entry !== undefined) this.#entries--
    if (this.#entries < fewEntries) this.#look()
    return entry
  }

  putBack(line: ShardLine, entry: Entry): void {
    line.putBack(entry)
    this.#entries++
  }

  /** Asks for more for a shard whose line is empty. */
  want(shard: number): void {
    this.#hungry.add(shard)
    this.#look()
  }

  /** Tries again to load what could not be. */
  retry(): void {
    this.#resting = false
    this.#look()
  }

  /** Takes a segment out, with its entries that wait; returns those. */
  remove(segment: Segment): Entry[] {
    segment.gone = true
    this.#segments = this.#segments.filter((other) => other !== segment)
    this.#cold = this.#cold.filter((other) => other !== segment)
    const removed = this.lines.flatMap((line) => line.remove(({ place }) => place?.segment === segment))
    this.#entries -= removed.length
    this.#look()
    return removed
  }

  /** Loads nothing any more. */
  async close(): Promise<void> {
    this.#isClosed = true
    await this.#loading
  }

  #line(entry: Entry): void {
    const shard = entry.shard % this.lines.length
    this.lines[shard]?.push(entry)
    this.#entries++
    this.#hungry.delete(shard)
    this.#source.ready(shard)
  }

  /** Loads the next cold segment if there is need. */
  #look(): void {
    const [next] = this.#cold
    if (next === undefined || this.#loading !== undefined || this.#resting || this.#isClosed) return
    const isNeeded = this.#entries < fewEntries || (this.#hungry.size > 0 && this.#entries < enoughEntries)
    if (!isNeeded || this.#isBehindOtherShards(next)) return
    this.#loading = this.#load(next)
  }

  /**
   * Where the number of shards was another one, a series was in another shard: everything before is settled first, or its
   * samples would overtake each other.
   */
  #isBehindOtherShards(segment: Segment): boolean {
    for (const other of this.#segments) {
      if (other === segment) return false
      if (other.shards !== segment.shards || segment.shards === 0) return true
    }
    return false
  }

  async #load(segment: Segment): Promise<void> {
    await this.#source.seal(segment)
    const entries = await this.#source.load(segment)
    // From here on nothing may come in between, or what is put now would wait for the end of a loading that is over.
    this.#loading = undefined
    this.#resting = entries === undefined
    if (entries !== undefined && !segment.gone) {
      segment.isWarm = true
      this.#cold = this.#cold.filter((other) => other !== segment)
      for (const entry of entries) {
        entry.lined = true
        this.#line(entry)
      }
    }
    for (const entry of this.#deferred.splice(0)) this.#line(entry)
    this.#look()
  }
}
