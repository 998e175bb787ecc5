import { contend, giveUp, type Row } from './row.ts'

/**
 * The rows of a family with one line for each series, in the order of the exposition. It is never changed.
 *
 * All that a line has before its value lies in one piece, in the order in which it is written: with the texts as strings
 * of their own, each line waited for memory two or three times (0.27 instead of 0.12 s per million, measured).
 */
export interface PackedRows {
  readonly count: number
  /** What stands before the values: `name{a="b"} `. */
  readonly bytes: Buffer
  /** Where the text of each row ends in `bytes`; the next one begins there. */
  readonly ends: Int32Array
  /** The number of each row's source; -1 for a contest. */
  readonly sources: Int32Array
  /** Each row's slot in its source; for a contest its index in `contests`. */
  readonly slots: Int32Array
  readonly contests: readonly (readonly Row[])[]
}

const contested = -1

const nothing: PackedRows = {
  count: 0,
  bytes: Buffer.alloc(0),
  ends: new Int32Array(0),
  sources: new Int32Array(0),
  slots: new Int32Array(0),
  contests: [],
}

/** What packed rows need of the index that they are in. */
export interface RowKeeper {
  /** What stands before a value, with these labels. */
  readonly prefix: (labels: string) => string
  /** The row is packed: its object is needed no more. */
  readonly packed: (row: Row) => void
  /** An object for a row that was packed. */
  readonly unpacked: (source: number, slot: number, labels: string) => Row
}

/** The rows of a family with one line for each series. Those that came since the last `pack` are objects still. */
export class FlatRows {
  readonly #keeper: RowKeeper
  #packed = nothing
  /** By labels. */
  readonly #added = new Map<string, Row>()
  /** Packed rows that are none any more. */
  readonly #removed = new Set<number>()
  readonly #contests = new Map<string, readonly Row[]>()
  #contestsChanged = false
  size = 0

  constructor(keeper: RowKeeper) {
    this.#keeper = keeper
  }

  /** Whether the next call of `pack` has to sort. */
  get unordered(): boolean {
    return this.#added.size > 0 || this.#removed.size > 0 || this.#contestsChanged
  }

  add(row: Row): void {
    this.size++
    const { text } = row
    const rival = this.#contests.get(text)?.[0] ?? this.#added.get(text) ?? this.#unpack(text)
    if (rival === undefined) {
      this.#added.set(text, row)
      return
    }
    this.#added.delete(text)
    this.#contests.set(text, contend(row, rival))
    this.#contestsChanged = true
  }

  /** Removes a row that is an object. */
  remove(row: Row): void {
    this.size--
    const { text } = row
    if (row.contest === undefined) {
      this.#added.delete(text)
      return
    }
    const [survivor, other] = giveUp(row)
    this.#contestsChanged = true
    if (survivor === undefined || other !== undefined) return
    this.#contests.delete(text)
    this.#added.set(text, survivor)
  }

  /** Removes a row that is packed. */
  removePacked(source: number, slot: number): void {
    this.size--
    this.#removed.add(keyOf(source, slot))
  }

  /** The rows in order. */
  pack(): PackedRows {
    if (!this.unordered) return this.#packed
    const contests = [...this.#contests.values()]
    const added: Entry[] = [...this.#added.values()].map((row) => ({
      text: this.#keeper.prefix(row.text),
      source: row.samples.number,
      slot: row.slot,
    }))
    for (const [index, [row]] of contests.entries())
      added.push({ text: this.#keeper.prefix(row?.text ?? ''), source: contested, slot: index })
    added.sort((a, b) => (a.text < b.text ? -1 : 1))
    this.#packed = { ...this.#merge(added), contests }
    for (const row of this.#added.values()) this.#keeper.packed(row)
    this.#added.clear()
    this.#removed.clear()
    this.#contestsChanged = false
    return this.#packed
  }

  /** Makes an object of a packed row with these labels, if there is one. */
  #unpack(labels: string): Row | undefined {
    if (this.#packed.count === 0) return undefined
    const wanted = Buffer.from(this.#keeper.prefix(labels), 'latin1')
    const index = lowerBound(this.#packed, wanted)
    const source = this.#packed.sources[index]
    const slot = this.#packed.slots[index]
    if (source === undefined || slot === undefined || source === contested) return undefined
    if (compareAt(this.#packed, index, wanted) !== 0) return undefined
    const key = keyOf(source, slot)
    if (this.#removed.has(key)) return undefined
    this.#removed.add(key)
    return this.#keeper.unpacked(source, slot, labels)
  }

  /** What stays of the packed rows, and new entries, which are sorted. */
  #merge(added: readonly Entry[]): Omit<PackedRows, 'contests'> {
    const { ends } = this.#packed
    const kept = this.#kept()
    const count = kept.length + added.length
    let length = 0
    for (const index of kept) length += (ends[index] ?? 0) - startOf(ends, index)
    for (const { text } of added) length += text.length
    const merged = new MergedRows(count, length)
    let next = 0
    for (const entry of added) {
      const end = next < kept.length ? lowerBound(this.#packed, Buffer.from(entry.text, 'latin1')) : 0
      for (let index = kept[next]; index !== undefined && index < end; index = kept[++next])
        merged.keep(this.#packed, index)
      merged.add(entry)
    }
    for (const index of kept.subarray(next)) merged.keep(this.#packed, index)
    return merged
  }

  /** The indices of packed rows that stay. Contests are put in anew. */
  #kept(): Int32Array {
    const { count, sources, slots } = this.#packed
    const kept = new Int32Array(count)
    let length = 0
    for (let index = 0; index < count; index++) {
      const source = sources[index] ?? contested
      if (source === contested) continue
      if (this.#removed.size > 0 && this.#removed.has(keyOf(source, slots[index] ?? 0))) continue
      kept[length++] = index
    }
    return kept.subarray(0, length)
  }
}

/** Packed rows that are written one after the other. */
class MergedRows implements Omit<PackedRows, 'contests'> {
  readonly count: number
  readonly bytes: Buffer
  readonly ends: Int32Array
  readonly sources: Int32Array
  readonly slots: Int32Array
  #position = 0
  #row = 0

  constructor(count: number, length: number) {
    this.count = count
    this.bytes = Buffer.allocUnsafeSlow(length)
    this.ends = new Int32Array(count)
    this.sources = new Int32Array(count)
    this.slots = new Int32Array(count)
  }

  /** The next row is one of others. */
  keep({ bytes, ends, sources, slots }: PackedRows, index: number): void {
    this.#position += bytes.copy(this.bytes, this.#position, startOf(ends, index), ends[index])
    this.#end(sources[index] ?? 0, slots[index] ?? 0)
  }

  /** The next row is new. */
  add({ text, source, slot }: Entry): void {
    this.#position += this.bytes.write(text, this.#position, 'latin1')
    this.#end(source, slot)
  }

  #end(source: number, slot: number): void {
    this.ends[this.#row] = this.#position
    this.sources[this.#row] = source
    this.slots[this.#row++] = slot
  }
}

interface Entry {
  readonly text: string
  readonly source: number
  readonly slot: number
}

/** One number for a source and a slot. */
function keyOf(source: number, slot: number): number {
  return source * 0x1_0000_0000 + slot
}

/** Where the text of a row begins. */
export function startOf(ends: Int32Array, index: number): number {
  return index === 0 ? 0 : (ends[index - 1] ?? 0)
}

function compareAt({ bytes, ends }: PackedRows, index: number, wanted: Buffer): number {
  return bytes.compare(wanted, 0, wanted.length, startOf(ends, index), ends[index])
}

/** The first row whose text is not less than the wanted one. */
function lowerBound(packed: PackedRows, wanted: Buffer): number {
  let low = 0
  let high = packed.count
  while (low < high) {
    const middle = (low + high) >> 1
    if (compareAt(packed, middle, wanted) < 0) low = middle + 1
    else high = middle
  }
  return low
}
