import { boundLabel } from '#src/model/classic-parts.ts'
import type { Series } from '#src/model/series.ts'

/** The series that one `_created` line speaks of: those of its family with its labels, but for `le` and `quantile`. */
interface Group {
  readonly key: string
  readonly family: string
  /** A member whose slot has another series by now is gone. */
  members: { readonly slot: number; readonly series: Series }[]
  /** How many `_created` lines speak of it. */
  rows: number
}

const boundLabels: ReadonlySet<string | undefined> = new Set(Object.values(boundLabel))

/**
 * Knows which series a `_created` line of OpenMetrics is the start time of. Only families that have such lines cost
 * something.
 */
export class CreatedTimes {
  /** The number of `_created` lines, by family. */
  readonly #families = new Map<string, number>()
  readonly #groups = new Map<string, Group>()
  readonly #ofRow = new Map<number, Group>()
  /** Of the body at hand: its new groups, families whose first `_created` line came, and what such lines say, by row. */
  #fresh: Group[] = []
  readonly #newFamilies = new Set<string>()
  readonly #seconds = new Map<number, number>()

  /** Whether a family has such lines. */
  has(family: string): boolean {
    return this.#families.has(family)
  }

  /** Families whose first line came with this body: the caller adds the series that they have. */
  get newFamilies(): ReadonlySet<string> {
    return this.#newFamilies
  }

  /** Adds a `_created` line. */
  addRow(row: number, family: string, labels: readonly string[]): void {
    const rows = this.#families.get(family) ?? 0
    if (rows === 0) this.#newFamilies.add(family)
    this.#families.set(family, rows + 1)
    const group = this.#group(family, labels)
    group.rows++
    this.#ofRow.set(row, group)
  }

  /** Adds a series of a family that has such lines. */
  addSeries(slot: number, series: Series, family: string, labels: readonly string[]): void {
    this.#group(family, labels).members.push({ slot, series })
  }

  removeRow(row: number): void {
    const group = this.#ofRow.get(row)
    if (group === undefined) return
    this.#ofRow.delete(row)
    const rows = (this.#families.get(group.family) ?? 1) - 1
    if (rows > 0) this.#families.set(group.family, rows)
    else this.#families.delete(group.family)
    if (--group.rows === 0) this.#groups.delete(group.key)
  }

  /** Takes the value of a line of this body, in Unix seconds. */
  tell(row: number, seconds: number): void {
    this.#seconds.set(row, seconds)
  }

  /** The start times that the body says, in Unix milliseconds, by slot. `at` gives the series that a slot has now. */
  *startTimes(at: (slot: number) => Series | undefined): Generator<readonly [slot: number, time: number]> {
    for (const [row, seconds] of this.#seconds) {
      for (const slot of this.#slotsOf(row, at)) yield [slot, Math.trunc(seconds * 1000)]
    }
  }

  #slotsOf(row: number, at: (slot: number) => Series | undefined): readonly number[] {
    const group = this.#ofRow.get(row)
    if (group === undefined) return []
    if (group.members.some(({ slot, series }) => at(slot) !== series)) {
      group.members = group.members.filter(({ slot, series }) => at(slot) === series)
    }
    return group.members.map(({ slot }) => slot)
  }

  /** The body is through: series that no `_created` line came for are forgotten. */
  settle(): void {
    for (const group of this.#fresh) if (group.rows === 0) this.#groups.delete(group.key)
    this.#fresh = []
    this.#newFamilies.clear()
    this.#seconds.clear()
  }

  clear(): void {
    this.#families.clear()
    this.#groups.clear()
    this.#ofRow.clear()
    this.settle()
  }

  #group(family: string, labels: readonly string[]): Group {
    const key = groupKey(family, labels)
    let group = this.#groups.get(key)
    if (group === undefined) {
      group = { key, family, members: [], rows: 0 }
      this.#groups.set(key, group)
      this.#fresh.push(group)
    }
    return group
  }
}

/** The same for all parts of a histogram or summary: its family and labels, but for `le` and `quantile`. */
export function groupKey(family: string, labels: readonly string[]): string {
  const pairs: string[] = []
  for (let index = 0; index < labels.length; index += 2) {
    const name = labels[index] ?? ''
    if (!boundLabels.has(name)) pairs.push(JSON.stringify([name, labels[index + 1]]))
  }
  return JSON.stringify([family, ...pairs.toSorted()])
}
