import { equalBytes } from './byte-strings.ts'
import { lengthCell, offsetCell, partCells } from './part-table.ts'
import type { RowTable } from './row-table.ts'
import { leaseScratch, returnScratch, type ScanScratch } from './scan-scratch.ts'

/** How many lines behind the predicted one are tried before the table is asked. */
const ahead = 8

/** The rows of a target whose lines have come in this order since the first: shared, since those are most. */
let ascending = new Int32Array(0)

const noRows = new Int32Array(0)

/** Rows 0, 1, 2, ... , at least so many. */
function ascendingRows(length: number): Int32Array<ArrayBuffer> {
  if (ascending.length < length) {
    const rows = new Int32Array(Math.max(1024, length + (length >> 1)))
    ascending = rows.map((_, row) => row)
  }
  return ascending
}

function isAscending(rows: Int32Array, length: number): boolean {
  for (let place = 0; place < length; place++) if (rows[place] !== place) return false
  return true
}

/**
 * Finds the rows of a body by predicting that it repeats the one before: while it does, each line is compared with the
 * one that came next, and nothing is looked up or noted. From the first line that is another on, rows are noted one by
 * one; such a line costs itself: the next few are tried, then the table, behind whose row the prediction goes on.
 */
export class LineOrder {
  readonly #table: RowTable
  /** The rows of the last body that was taken, in order; as many as `length`. */
  rows: Int32Array = noRows
  /** Whether `rows` is this target's own. */
  #owned = false
  length = 0
  /** Where the next line is expected among them. */
  cursor = 0
  /** What is there once a line was not the predicted one. */
  scratch: ScanScratch | undefined
  /** The number of rows of this body, in scratch. */
  nextLength = 0

  constructor(table: RowTable) {
    this.#table = table
  }

  /** Bytes held. */
  get memory(): number {
    return this.#owned ? this.rows.byteLength : 0
  }

  begin(): void {
    this.cursor = 0
    this.nextLength = 0
  }

  /**
   * The row whose head and tail are these bytes; -1 where there is none.
   *
   * @param middle the position where the tail begins
   */
  find(view: DataView, from: number, middle: number, end: number): number {
    if (this.#isRow(this.cursor, view, from, end)) return this.rows[this.cursor++] ?? -1
    const { position, seen } = this.note()
    for (let place = this.cursor + 1; place <= this.cursor + ahead; place++) {
      if (!this.#isRow(place, view, from, end)) continue
      this.cursor = place + 1
      return this.rows[place] ?? -1
    }
    const row = this.#table.find(view, from, middle, end)
    if (row < 0) return -1
    // A row that the body had before says nothing of what comes next.
    const place = position[row] ?? -1
    if (place >= 0 && seen[row] === 0) this.cursor = place + 1
    return row
  }

  /** Notes that the body has a row. Returns false where it had it before. */
  visit(row: number): boolean {
    const { scratch } = this
    if (scratch === undefined) return true
    if (scratch.seen[row] === 1) return false
    scratch.seen[row] = 1
    scratch.next[this.nextLength++] = row
    return true
  }

  /** Whether rows are noted and the body had this one. */
  hasSeen(row: number): boolean {
    return this.scratch?.seen[row] === 1
  }

  /** Makes room for a new row. */
  admit(row: number): void {
    const scratch = this.note()
    scratch.grow(this.#table.limit)
    scratch.seen[row] = 0
    scratch.position[row] = -1
  }

  /** From here on the rows of the body are noted one by one. */
  note(): ScanScratch {
    if (this.scratch !== undefined) return this.scratch
    const scratch = leaseScratch(this.#table.limit + 1)
    this.scratch = scratch
    const { next, seen, position } = scratch
    for (let place = 0; place < this.length; place++) position[this.rows[place] ?? 0] = place
    for (let place = 0; place < this.cursor; place++) {
      const row = this.rows[place] ?? 0
      next[place] = row
      seen[row] = 1
    }
    this.nextLength = this.cursor
    return scratch
  }

  /** The rows of the body before that this one lacks; none where it repeated all of them. */
  unseen(): number[] {
    if (this.scratch === undefined && this.cursor === this.length) return []
    const { seen } = this.note()
    const missing: number[] = []
    for (let place = 0; place < this.length; place++) {
      const row = this.rows[place] ?? 0
      if (seen[row] === 0) missing.push(row)
    }
    return missing
  }

  /** Makes the order of this body the one to follow. */
  take(): void {
    const { scratch, nextLength } = this
    if (scratch !== undefined) {
      if (isAscending(scratch.next, nextLength)) {
        this.rows = ascendingRows(nextLength)
        this.#owned = false
      } else if (!this.#owned || nextLength > this.rows.length || nextLength * 2 < this.rows.length) {
        this.rows = scratch.next.slice(0, nextLength)
        this.#owned = true
      } else this.rows.set(scratch.next.subarray(0, nextLength))
      this.length = nextLength
    }
    this.giveUp()
  }

  /** Keeps the order of the body before. */
  giveUp(): void {
    if (this.scratch !== undefined) returnScratch(this.scratch)
    this.scratch = undefined
  }

  clear(): void {
    this.giveUp()
    this.rows = noRows
    this.#owned = false
    this.length = 0
    this.cursor = 0
  }

  #isRow(place: number, view: DataView, from: number, end: number): boolean {
    if (place >= this.length) return false
    const { parts } = this.#table
    const row = this.rows[place] ?? 0
    const head = this.#table.headOf(row) * partCells
    const tail = this.#table.tailOf(row) * partCells
    const headLength = parts.cells[head + lengthCell] ?? 0
    const tailLength = parts.cells[tail + lengthCell] ?? 0
    return (
      headLength + tailLength === end - from &&
      equalBytes(view, from, parts.view, parts.cells[head + offsetCell] ?? 0, headLength) &&
      equalBytes(view, from + headLength, parts.view, parts.cells[tail + offsetCell] ?? 0, tailLength)
    )
  }
}
