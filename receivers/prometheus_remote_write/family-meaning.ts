import { boundLabelOf } from '#src/text/bound-labels.ts'
import { unitOfWord } from '#src/naming/prometheus-units.ts'
import type { FamilyMetadata } from '#src/remote/decode/request-decoder.ts'
import type { SeriesForm } from '#src/remote/decode/histogram-message.ts'
import { makeDescriptor, type Descriptor, type Kind, type Role } from '#src/model/series.ts'

/** The kinds that the numbers of MetricMetadata.MetricType stand for. */
const kinds: readonly Kind[] = [
  'unknown',
  'sum',
  'gauge',
  'histogram',
  'gauge_histogram',
  'summary',
  'info',
  'stateset',
]

/** The parts that families of a kind have, by the suffix of their names. */
const partsOfKind: Partial<Record<Kind, Readonly<Record<string, Role>>>> = {
  sum: { _total: 'total' },
  histogram: { _bucket: 'bucket', _sum: 'sum', _count: 'count' },
  gauge_histogram: { _bucket: 'bucket', _sum: 'sum', _count: 'count' },
  summary: { _sum: 'sum', _count: 'count' },
}

const suffixes = ['_total', '_bucket', '_sum', '_count']

/** Kinds whose series have points, or are parts: a number that is neither is of no known kind. */
const pointKinds: ReadonlySet<Kind> = new Set(['histogram', 'gauge_histogram', 'summary'])

const kindOfForm: Readonly<Record<Exclude<SeriesForm, 'number'>, Kind>> = {
  exponential_histogram: 'exponential_histogram',
  histogram: 'histogram',
  gauge_exponential_histogram: 'gauge_histogram',
  gauge_histogram: 'gauge_histogram',
}

/** What the name of a series means. */
export interface Meaning {
  readonly family: string
  readonly role: Role
  readonly kind: Kind
  /** What is said of the family. */
  readonly metadata: FamilyMetadata | undefined
}

/**
 * What the name of a series means by what is said of families: whether it is a part of a histogram, of a summary or of a
 * counter, as in a scrape.
 *
 * @param saidOf what is said of the family of a name; one of version 2.0 is said of the series, so of any
 */
export function meaningOf(
  name: string,
  labels: readonly string[],
  form: SeriesForm,
  saidOf: (family: string) => FamilyMetadata | undefined,
): Meaning {
  const own = saidOf(name)
  if (form !== 'number') return { family: name, role: 'none', kind: kindOfForm[form], metadata: own }
  const bound = boundLabelOf(labels)
  for (const suffix of suffixes) {
    if (!name.endsWith(suffix) || name.length === suffix.length) continue
    const family = name.slice(0, -suffix.length)
    const metadata = saidOf(family) ?? (suffix === '_total' ? own : undefined)
    const kind = kindOf(metadata)
    const role = partsOfKind[kind]?.[suffix]
    if (role !== undefined && (role !== 'bucket' || bound === 'le')) return { family, role, kind, metadata }
  }
  const kind = kindOf(own)
  if (kind === 'summary' && bound === 'quantile')
    return { family: name, role: 'quantile', kind, metadata: own }
  return { family: name, role: 'none', kind: pointKinds.has(kind) ? 'unknown' : kind, metadata: own }
}

/** The names that what is said of a family is said of. */
export function namesOf(family: string): string[] {
  return [family, ...suffixes.map((suffix) => family + suffix)]
}

/** The descriptor of a family. */
export function descriptorOf({ kind, metadata }: Meaning): Descriptor {
  return makeDescriptor({
    kind,
    monotonic: kind === 'sum',
    description: metadata?.help ?? '',
    unit: unitOfWord(metadata?.unit ?? ''),
  })
}

function kindOf(metadata: FamilyMetadata | undefined): Kind {
  return kinds[metadata?.type ?? 0] ?? 'unknown'
}
