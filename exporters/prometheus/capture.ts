import type { FamilyIndex } from './family-index.ts'
import type { Family } from './family.ts'
import type { FamilyFacts } from './family-text.ts'
import type { LatestSamples } from './latest-samples.ts'
import type { Row } from './row.ts'
import type { SampleColumns } from './sample-columns.ts'

/** A family as it was when it was captured. */
export interface CapturedFamily extends FamilyFacts {
  readonly shape: Family['shape']
  readonly created: boolean
  readonly rows: readonly Row[]
  /** Rows that say since when its metrics count, by their labels; they came as a family of their own. */
  readonly starts: ReadonlyMap<string, Row> | undefined
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
  const starts = new Map<string, Family>()
  for (const family of families) if (family.created) starts.set(family.name, family)
  return {
    families: families.map((family) => ({
      name: family.name,
      type: family.type,
      metric: family.metric,
      shape: family.shape,
      created: family.created,
      rows: family.order(),
      starts: starts.size === 0 ? undefined : startsOf(family, starts),
    })),
    columns,
    has: (name) => names.has(name),
  }
}

function startsOf(family: Family, starts: ReadonlyMap<string, Family>): ReadonlyMap<string, Row> | undefined {
  const found = starts.get(createdName(family.name, family.type))
  return found === undefined ? undefined : new Map(found.order().map((row) => [row.text, row]))
}

/** The name of the samples that say since when those of a family count. */
export function createdName(name: string, type: Family['type']): string {
  return `${type === 'counter' && name.endsWith('_total') ? name.slice(0, -'_total'.length) : name}_created`
}
