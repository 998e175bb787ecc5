import type { Role } from '#src/model/series.ts'
import { contend, giveUp, type Row } from './row.ts'

/** The order of a metric's parts: buckets or quantiles by their bound, then sum and count. */
const rank: Partial<Record<Role, number>> = { bucket: 0, quantile: 0, sum: 1, count: 2 }

/** The rows of a family whose metrics are several lines each: points, or parts that came as series. */
export class GroupedRows {
  /** By labels: the row of a point, or the parts of one metric. One row stands for all of a contest. */
  readonly #rows = new Map<string, Row[]>()
  #order: readonly Row[] = []
  #added: Row[] = []
  #removed = new Set<Row>()
  size = 0

  /** Whether the next call of `order` has to sort. */
  get unordered(): boolean {
    return this.#removed.size > 0 || this.#added.length > 0
  }

  add(row: Row): void {
    this.size++
    const rival = this.#rows.get(row.text)?.find((each) => comparePart(each, row) === 0)
    if (rival === undefined) this.#enter(row)
    else contend(row, rival)
  }

  remove(row: Row): void {
    this.size--
    if (row.contest === undefined) {
      this.#leave(row)
      return
    }
    const stood = row.contest[0] === row
    const [successor] = giveUp(row)
    if (!stood || successor === undefined) return
    this.#leave(row)
    this.#enter(successor)
  }

  /** The rows in the order of the exposition; the array is never changed. */
  order(): readonly Row[] {
    if (!this.unordered) return this.#order
    const removed = this.#removed
    const kept = removed.size === 0 ? this.#order : this.#order.filter((row) => !removed.has(row))
    const added = this.#added.filter((row) => !removed.has(row))
    this.#order = merge(kept, added.toSorted(compareRows))
    this.#added = []
    this.#removed = new Set()
    return this.#order
  }

  #enter(row: Row): void {
    this.#added.push(row)
    const parts = this.#rows.get(row.text)
    if (parts === undefined) this.#rows.set(row.text, [row])
    else parts.push(row)
  }

  #leave(row: Row): void {
    this.#removed.add(row)
    const parts = this.#rows.get(row.text) ?? []
    parts.splice(parts.indexOf(row), 1)
    if (parts.length === 0) this.#rows.delete(row.text)
  }
}

/** By labels, then by part. Texts are bytes, so this is the order of UTF-8. */
function compareRows(first: Row, second: Row): number {
  if (first.text < second.text) return -1
  return first.text > second.text ? 1 : comparePart(first, second)
}

function comparePart({ part: first }: Row, { part: second }: Row): number {
  if (first === undefined || second === undefined) return 0
  const ranks = (rank[first.role] ?? 0) - (rank[second.role] ?? 0)
  if (ranks !== 0) return ranks
  // A bound that is no number is the last.
  const numbers = Number(Number.isNaN(first.bound)) - Number(Number.isNaN(second.bound))
  if (numbers !== 0) return numbers
  if (!Number.isNaN(first.bound)) return first.bound === second.bound ? 0 : first.bound - second.bound
  const text = first.boundText?.text ?? ''
  const other = second.boundText?.text ?? ''
  return text < other ? -1 : Number(text > other)
}

function merge(first: readonly Row[], second: readonly Row[]): readonly Row[] {
  if (first.length === 0) return second
  const merged: Row[] = []
  let index = 0
  for (const row of second) {
    for (let kept = first[index]; kept !== undefined && compareRows(kept, row) <= 0; kept = first[++index])
      merged.push(kept)
    merged.push(row)
  }
  for (let kept = first[index]; kept !== undefined; kept = first[++index]) merged.push(kept)
  return merged
}
