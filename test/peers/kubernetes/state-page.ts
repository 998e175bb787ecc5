/** One series of a page: labels that are empty count as absent. */
export interface PageSample {
  readonly name: string
  readonly labels: ReadonlyMap<string, string>
  readonly value: number
}

/** A page of metrics. */
export interface StatePage {
  /** By family. */
  readonly types: ReadonlyMap<string, string>
  readonly samples: readonly PageSample[]
}

/** Reads a page, but for what the exporter says of itself, which one of both has elsewhere. */
export function readStatePage(text: string): StatePage {
  const types = new Map<string, string>()
  const samples: PageSample[] = []
  for (const line of text.split('\n')) {
    if (line.startsWith('# TYPE ')) {
      const [, , family = '', type = ''] = line.split(' ')
      types.set(family, type)
    }
    if (line === '' || line.startsWith('#') || line.startsWith('kube_state_metrics_')) continue
    const end = line.lastIndexOf(' ')
    const [, name = '', labels = ''] = /^([^{ ]+)(?:\{(.*)\})?$/s.exec(line.slice(0, end)) ?? []
    samples.push({ name, labels: labelsOf(labels), value: Number(line.slice(end + 1)) })
  }
  return { types, samples }
}

/** Labels by name, their values as they are escaped. */
function labelsOf(text: string): ReadonlyMap<string, string> {
  const labels = Array.from(
    text.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/gs),
    ([, name = '', value = '']) => [name, value] as const,
  )
  return new Map(labels.filter(([, value]) => value !== ''))
}

/** What is known to differ in a metric. */
export interface KnownDifference {
  readonly metrics: readonly string[]
  /** Why. */
  readonly reason: string
  /** The labels that theirs has for a sample of ours; undefined where it has no such series. The same where absent. */
  readonly theirs?: (sample: PageSample) => ReadonlyMap<string, string> | undefined
  /** Whether a series of theirs is none of ours. No series where absent. */
  readonly isTheirsAlone?: (sample: PageSample) => boolean
}

/** Values by series. Of a series that is there several times the first counts. */
function valuesOf(
  { samples }: StatePage,
  labelsOf: (sample: PageSample) => ReadonlyMap<string, string> | undefined,
): Map<string, number> {
  const values = new Map<string, number>()
  for (const sample of samples) {
    const labels = labelsOf(sample)
    if (labels === undefined) continue
    const pairs = Array.from(labels, ([label, value]) => `${label}="${value}"`).toSorted()
    const key = `${sample.name}{${pairs.join(',')}}`
    if (!values.has(key)) values.set(key, sample.value)
  }
  return values
}

/** Of each metric no more than so many differences of a kind are told. */
const examples = 2

/** What two pages say differently beside what is known, in lines. */
export function differences(ours: StatePage, theirs: StatePage, known: readonly KnownDifference[]): string[] {
  const found = new Map<string, string[]>()
  const note = (sign: '-' | '+' | '~' | '#', key: string, values: string): void => {
    const kind = `${sign} ${key.split('{')[0] ?? ''}`
    found.set(kind, [...(found.get(kind) ?? []), `${sign} ${key} ${values}`])
  }
  const byMetric = new Map(known.flatMap((each) => each.metrics.map((metric) => [metric, each] as const)))
  const own = valuesOf(ours, (sample) => {
    const { theirs: told } = byMetric.get(sample.name) ?? {}
    return told === undefined ? sample.labels : told(sample)
  })
  const other = valuesOf(theirs, (sample) =>
    byMetric.get(sample.name)?.isTheirsAlone?.(sample) === true ? undefined : sample.labels,
  )
  for (const [key, value] of other)
    if (!own.has(key)) note('-', key, String(value))
    else if (!Object.is(own.get(key), value)) note('~', key, `${own.get(key)} instead of ${value}`)
  for (const [key, value] of own) if (!other.has(key)) note('+', key, String(value))
  for (const [family, type] of ours.types) {
    const their = theirs.types.get(family)
    if (their !== undefined && their !== type) note('#', family, `${type} instead of ${their}`)
  }
  return [...found].flatMap(([kind, lines]) =>
    lines.length <= examples ? lines : [...lines.slice(0, examples), `... ${lines.length} of ${kind}`],
  )
}
