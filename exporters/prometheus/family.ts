import type { Metric, Role } from '#src/model/series.ts'
import type { ExpositionType, FamilyIdentity, Shape } from './exposition-type.ts'
import type { Row } from './row.ts'

/** The order of a metric's parts: buckets or quantiles by their bound, then sum and count. */
const rank: Partial<Record<Role, number>> = { bucket: 0, quantile: 0, sum: 1, count: 2 }

/** All series of one name in the exposition, across sources, in their order. */
export class Family {
  readonly name: string
  readonly shape: Shape
  /** The names that it keeps from other families. */
  readonly claims: readonly string[]
  /** Whether its samples say since when those of another family count. */
  readonly created: boolean
  type: ExpositionType
  /** Whose help and unit are shown: those of the first series that has a type. */
  metric: Metric
  /** By text: a row, or the parts of one metric. One row stands for all of a contest. */
  readonly #rows = new Map<string, Row | Row[]>()
  #order: readonly Row[] = []
  #added: Row[] = []
  #removed = false

  constructor(name: string, identity: FamilyIdentity, metric: Metric, claims: readonly string[]) {
    this.name = name
    this.type = identity.type
    this.shape = identity.shape
    this.created = identity.created
    this.metric = metric
    this.claims = claims
  }

  get empty(): boolean {
    return this.#rows.size === 0
  }

  /** Whether the next call of `order` has to sort. */
  get unordered(): boolean {
    return this.#removed || this.#added.length > 0
  }

  /** Whether a series of this type and shape may join. One that has no type claims none. */
  takes({ type, shape }: FamilyIdentity): boolean {
    if (shape !== this.shape) return false
    return type === this.type || (shape === 'flat' && (type === 'untyped' || this.type === 'untyped'))
  }

  add(row: Row): void {
    row.family = this
    const first = this.#find(row)
    if (first !== undefined) {
      const contest = first.contest ?? [first]
      contest.push(row)
      for (const each of contest) each.contest = contest
      return
    }
    this.#enter(row)
  }

  remove(row: Row): void {
    row.family = undefined
    const { contest } = row
    if (contest === undefined) {
      this.#leave(row)
      return
    }
    row.contest = undefined
    const first = contest[0]
    contest.splice(contest.indexOf(row), 1)
    const successor = contest[0]
    if (contest.length === 1 && successor !== undefined) successor.contest = undefined
    if (first !== row || successor === undefined) return
    this.#leave(row)
    this.#enter(successor)
  }

  /** The rows in the order of the exposition; the array is never changed. */
  order(): readonly Row[] {
    if (!this.unordered) return this.#order
    const kept = this.#removed ? this.#order.filter(({ family }) => family === this) : this.#order
    const added = this.#added.filter(({ family }) => family === this)
    this.#order = merge(kept, added.toSorted(compareRows))
    this.#added = []
    this.#removed = false
    return this.#order
  }

  #find(row: Row): Row | undefined {
    const known = this.#rows.get(row.text)
    return Array.isArray(known) ? known.find((each) => comparePart(each, row) === 0) : known
  }

  #enter(row: Row): void {
    this.#added.push(row)
    if (row.part === undefined) {
      this.#rows.set(row.text, row)
      return
    }
    const parts = this.#rows.get(row.text)
    if (Array.isArray(parts)) parts.push(row)
    else this.#rows.set(row.text, [row])
  }

  #leave(row: Row): void {
    this.#removed = true
    const parts = this.#rows.get(row.text)
    if (Array.isArray(parts)) {
      parts.splice(parts.indexOf(row), 1)
      if (parts.length > 0) return
    }
    this.#rows.delete(row.text)
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
  if (Object.is(first.bound, second.bound) && first.boundText?.text === second.boundText?.text) return 0
  // A bound that is no number is the last.
  if (Number.isNaN(first.bound) || Number.isNaN(second.bound)) {
    if (Number.isNaN(first.bound) !== Number.isNaN(second.bound)) return Number.isNaN(first.bound) ? 1 : -1
    return (first.boundText?.text ?? '') < (second.boundText?.text ?? '') ? -1 : 1
  }
  return first.bound - second.bound
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
  for (; index < first.length; index++) {
    const kept = first[index]
    if (kept !== undefined) merged.push(kept)
  }
  return merged
}
