import type { Cell, CellSample } from './cells.ts'
import type { Feed, Field, RowKind } from './field.ts'
import type { PressureAverages } from './pressure.ts'
import type { Subject } from './subject.ts'

/** A number of a row, and when it was measured. */
export interface Reading {
  readonly value: number
  readonly time: number
  /** The change per second since the sample before, where all that is added up has one. */
  readonly rate: number | undefined
  /** Of pressure: the averages of late. */
  readonly averages: PressureAverages | undefined
}

/** All that is known of a node, a pod or a container. */
export interface Row {
  readonly subject: Subject
  get(field: Field, part?: string): Reading | undefined
  /** The network interfaces or volumes of which a field is known, in order. */
  parts(field: Field): readonly string[]
  /** Unix milliseconds since when its counters count, where a series says so. */
  readonly startTime: number | undefined
  /**
   * Unix milliseconds since when it has run at least, where no series says when it started: as if one CPU had worked off the CPU
   * time that there was at first. It stays the same, and no rate over the time since is too high.
   */
  readonly runningSince: number | undefined
}

/** A sum of cells of one metric, while it is made. */
interface Sum {
  readonly rank: number
  value: number
  time: number
  rate: number | undefined
  readonly averages: PressureAverages | undefined
}

/** What is known of one instance of a row: by field and part, then by metric. */
class Instance {
  subject: Subject
  readonly #sums = new Map<string, Map<string, Sum>>()
  startTime: number | undefined
  runningSince: number | undefined
  time = 0

  constructor(subject: Subject) {
    this.subject = subject
  }

  add(cell: Cell & { readonly sample: CellSample }, source: number): void {
    const { sample, metric } = cell
    this.time = Math.max(this.time, sample.time)
    // Not every receiver says all of it.
    if (this.subject.uid === '') this.subject = cell.subject
    for (const { feed, part } of cell.feeds) {
      const key = keyOf(feed.field, part)
      const sums = this.#sums.get(key) ?? new Map<string, Sum>()
      this.#sums.set(key, sums)
      addTo(sums, `${source} ${metric}`, cell, feed)
      if (feed.field === 'cpu') {
        this.startTime ??= sample.startTime
        this.#noteFirst(cell, feed)
      }
      if (feed.field === 'start') this.startTime = sample.value * (feed.factor ?? 1)
      else if (feed.field === 'uptime') this.startTime ??= sample.time - sample.value * (feed.factor ?? 1)
    }
  }

  #noteFirst({ first }: Cell, feed: Feed): void {
    if (first === undefined) return
    const since = first.time - (first.value * (feed.factor ?? 1)) / 1e6
    this.runningSince = Math.min(this.runningSince ?? since, since)
  }

  get(field: Field, part = ''): Sum | undefined {
    let best: Sum | undefined
    // Of sources that say the same the first stays, so that a counter does not swing between two.
    for (const sum of this.#sums.get(keyOf(field, part))?.values() ?? [])
      if (best === undefined || sum.rank < best.rank) best = sum
    return best
  }

  *parts(field: Field): Generator<string> {
    const prefix = keyOf(field, '')
    for (const key of this.#sums.keys())
      if (key.startsWith(prefix) && key !== prefix) yield key.slice(prefix.length)
  }
}

function keyOf(field: Field, part: string): string {
  return `${field} ${part}`
}

function addTo(
  sums: Map<string, Sum>,
  key: string,
  cell: Cell & { readonly sample: CellSample },
  feed: Feed,
): void {
  const { sample, previous } = cell
  const factor = feed.factor ?? 1
  const value = sample.value * factor
  const seconds = previous === undefined ? 0 : (sample.time - previous.time) / 1000
  const rate = previous === undefined ? undefined : (value - previous.value * factor) / seconds
  const sum = sums.get(key)
  if (sum === undefined) {
    sums.set(key, { rank: feed.rank, value, time: sample.time, rate, averages: sample.averages })
    return
  }
  sum.value += value
  sum.time = Math.max(sum.time, sample.time)
  sum.rate = sum.rate === undefined || rate === undefined ? undefined : sum.rate + rate
}

/** The rows that cells make, by kind. Of a container that was made anew only the newest is told. */
export class Rows {
  readonly #instances = new Map<string, Map<string, Instance>>()

  /** @param source tells the sources apart */
  add(cell: Cell & { readonly sample: CellSample }, source: number): void {
    const { kind, namespace, pod, container, instance } = cell.subject
    const key = JSON.stringify([kind, namespace, pod, container])
    const instances = this.#instances.get(key) ?? new Map<string, Instance>()
    this.#instances.set(key, instances)
    const known = instances.get(instance) ?? new Instance(cell.subject)
    instances.set(instance, known)
    known.add(cell, source)
  }

  /** Whether nothing is known. */
  get isEmpty(): boolean {
    return this.#instances.size === 0
  }

  of(kind: RowKind): Row[] {
    return [...this.#instances.values()]
      .filter((instances) => instances.values().next().value?.subject.kind === kind)
      .map(rowOf)
      .filter((row) => row !== undefined)
  }
}

/** The newest instance, and what it does not say itself from those series that name none. */
function rowOf(instances: ReadonlyMap<string, Instance>): Row | undefined {
  const unnamed = instances.get('')
  const [newest = unnamed] = [...instances.values()]
    .filter((each) => each !== unnamed)
    .toSorted((a, b) => (b.startTime ?? 0) - (a.startTime ?? 0) || b.time - a.time)
  const told = [newest, unnamed].filter((each) => each !== undefined)
  const [first] = told
  if (first === undefined) return undefined
  return {
    subject: first.subject,
    get(field, part) {
      for (const each of told) {
        const found = each.get(field, part)
        if (found !== undefined) return found
      }
      return undefined
    },
    parts: (field) => [...new Set(told.flatMap((each) => [...each.parts(field)]))].toSorted(),
    startTime: told.find(({ startTime }) => startTime !== undefined)?.startTime,
    runningSince: told.find(({ runningSince }) => runningSince !== undefined)?.runningSince,
  }
}
