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
  /** The labels that theirs has for a series of ours; undefined where it has no such series. */
  theirs(labels: ReadonlyMap<string, string>): ReadonlyMap<string, string> | undefined
}

/** Values by series. Of a series that is there several times the first counts. */
function valuesOf({ samples }: StatePage, known: readonly KnownDifference[]): Map<string, number> {
  const byMetric = new Map(known.flatMap((each) => each.metrics.map((metric) => [metric, each] as const)))
  const values = new Map<string, number>()
  for (const { name, labels, value } of samples) {
    const difference = byMetric.get(name)
    const told = difference === undefined ? labels : difference.theirs(labels)
    if (told === undefined) continue
    const pairs = Array.from(told, ([label, text]) => `${label}="${text}"`).toSorted()
    const key = `${name}{${pairs.join(',')}}`
    if (!values.has(key)) values.set(key, value)
  }
  return values
}

/** Of each metric no more than so many differences are told. */
const examples = 2

/** What two pages say differently beside what is known, in lines. */
export function differences(ours: StatePage, theirs: StatePage, known: readonly KnownDifference[]): string[] {
  const found = new Map<string, string[]>()
  const note = (key: string, line: string): void => {
    const [metric = ''] = key.split('{')
    found.set(metric, [...(found.get(metric) ?? []), line])
  }
  const own = valuesOf(ours, known)
  const other = valuesOf(theirs, [])
  for (const [key, value] of other)
    if (!own.has(key)) note(key, `- ${key} ${value}`)
    else if (!Object.is(own.get(key), value)) note(key, `~ ${key} ${own.get(key)} instead of ${value}`)
  for (const [key, value] of own) if (!other.has(key)) note(key, `+ ${key} ${value}`)
  for (const [family, type] of ours.types) {
    const their = theirs.types.get(family)
    if (their !== undefined && their !== type) note(family, `# ${family} is a ${type} instead of a ${their}`)
  }
  return [...found].flatMap(([metric, lines]) =>
    lines.length <= examples ? lines : [...lines.slice(0, examples), `... ${lines.length} of ${metric}`],
  )
}
