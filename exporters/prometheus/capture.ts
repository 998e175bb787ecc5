import { createdName } from './exposition-type.ts'
import type { FamilyIndex } from './family-index.ts'
import type { FamilyFacts } from './family-text.ts'
import { FlatRows, startOf, type PackedRows } from './flat-rows.ts'
import type { LatestSamples } from './latest-samples.ts'
import { isShown, winnerOf, type Row } from './row.ts'
import type { SampleColumns } from './sample-columns.ts'

/** A family as it was when it was captured. */
export interface CapturedFamily extends FamilyFacts {
  readonly created: boolean
  /** Rows of one line each, or of several. */
  readonly rows: PackedRows | readonly Row[]
  /** Since when its metrics count, in Unix seconds by what stands before the value: it came as a family of its own. */
  readonly starts: ReadonlyMap<string, number> | undefined
}

/** What one scrape shows: it does not change any more, whatever comes meanwhile. */
export interface Capture {
  readonly families: readonly CapturedFamily[]
  /** By the number of a source. */
  readonly columns: readonly (SampleColumns | undefined)[]
  /** Whether a family has this name. */
  readonly has: (name: string) => boolean
}

/** Captures the families of an index and the samples of all sources. */
export function capture(index: FamilyIndex, sources: Iterable<LatestSamples>): Capture {
  const columns: (SampleColumns | undefined)[] = []
  for (const samples of sources) columns[samples.number] = samples.capture()
  const families = index.families()
  const names = new Set(families.map(({ name }) => name))
  const starts = new Map<string, ReadonlyMap<string, number>>()
  for (const { created, rows, name } of families) {
    if (created && rows instanceof FlatRows) starts.set(name, startsIn(rows.pack(), columns))
  }
  return {
    families: families.map(({ name, type, metric, created, rows }) => ({
      name,
      type,
      metric,
      created,
      rows: rows instanceof FlatRows ? rows.pack() : rows.order(),
      starts: starts.get(createdName(name, type)),
    })),
    columns,
    has: (name) => names.has(name),
  }
}

function startsIn(rows: PackedRows, columns: Capture['columns']): Map<string, number> {
  const starts = new Map<string, number>()
  for (let index = 0; index < rows.count; index++) {
    const found = locate(rows, index, columns)
    const start = found === undefined ? undefined : columns[found.source]?.values[found.slot]
    if (start !== undefined) starts.set(prefixAt(rows, index), start)
  }
  return starts
}

/** What a line has before its value. */
export function prefixAt({ bytes, ends }: PackedRows, index: number): string {
  return bytes.toString('latin1', startOf(ends, index), ends[index])
}

/** Where the sample of a packed row is; undefined where it has none to show. */
export function locate(
  { sources, slots, contests }: PackedRows,
  index: number,
  columns: Capture['columns'],
): { readonly source: number; readonly slot: number } | undefined {
  const source = sources[index] ?? 0
  const slot = slots[index] ?? 0
  if (source >= 0) return isShown(columns[source], slot) ? { source, slot } : undefined
  const winner = winnerOf(contests[slot] ?? [], ({ number }) => columns[number])
  return winner === undefined ? undefined : { source: winner.samples.number, slot: winner.slot }
}
