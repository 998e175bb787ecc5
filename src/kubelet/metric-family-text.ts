import { formatBound } from '#src/text/number-text.ts'
import type {
  FamilyMetric,
  HistogramValue,
  LabelPair,
  MetricFamily,
  MetricType,
  SummaryValue,
} from './metric-family.ts'

/** The content type of what `metricFamiliesToText` writes. */
export const textContentType = 'text/plain; version=0.0.4'

/** A line but for its time: what follows the family's name, a label behind the series' own, and the value. */
interface Line {
  readonly suffix?: string
  readonly label?: LabelPair
  readonly value: number
}

/** How the series of a type become lines; undefined where the series has no value of that type. */
type Lines = (metric: FamilyMetric) => readonly Line[] | undefined

const types: Readonly<
  Record<Exclude<MetricType, 'GAUGE_HISTOGRAM'>, { readonly word: string; readonly lines: Lines }>
> = {
  COUNTER: { word: 'counter', lines: ({ counter }) => counter && [{ value: counter.value ?? 0 }] },
  GAUGE: { word: 'gauge', lines: ({ gauge }) => gauge && [{ value: gauge.value ?? 0 }] },
  UNTYPED: { word: 'untyped', lines: ({ untyped }) => untyped && [{ value: untyped.value ?? 0 }] },
  SUMMARY: { word: 'summary', lines: ({ summary }) => summary && summaryLines(summary) },
  HISTOGRAM: { word: 'histogram', lines: ({ histogram }) => histogram && histogramLines(histogram) },
}

function summaryLines({ quantile: quantiles = [], sampleSum, sampleCount }: SummaryValue): readonly Line[] {
  return [
    ...quantiles.map(({ quantile, value }) => ({ label: numberLabel('quantile', quantile), value })),
    { suffix: '_sum', value: sampleSum ?? 0 },
    { suffix: '_count', value: Number(sampleCount ?? 0) },
  ]
}

function histogramLines({ bucket: buckets = [], sampleSum, sampleCount }: HistogramValue): readonly Line[] {
  const count = Number(sampleCount ?? 0)
  const bounded = buckets.map(({ upperBound, cumulativeCount }) =>
    bucketLine(upperBound, Number(cumulativeCount)),
  )
  return [
    ...bounded,
    ...(buckets.some(({ upperBound }) => upperBound === Infinity) ? [] : [bucketLine(Infinity, count)]),
    { suffix: '_sum', value: sampleSum ?? 0 },
    { suffix: '_count', value: count },
  ]
}

function bucketLine(upperBound: number, value: number): Line {
  return { suffix: '_bucket', label: numberLabel('le', upperBound), value }
}

function numberLabel(name: string, value: number): LabelPair {
  return { name, value: goFloat(value) }
}

/** A value as Go's Prometheus libraries write it: `strconv.FormatFloat(value, 'g', -1, 64)`, and zero without a sign. */
export function goFloat(value: number): string {
  return value === 0 ? '0' : formatBound(value)
}

/**
 * Writes families in the Prometheus text format, version 0.0.4, as Go's `expfmt` does: families, series and labels stand in
 * the order in which they are given, and TYPE is always there. Names beyond the classic characters are written in quotes.
 *
 * @throws {TypeError} for a family without a name, one of a type that the format lacks, and a series without a value of
 * its family's type
 */
export function metricFamiliesToText(families: readonly MetricFamily[]): string {
  return families.map(familyText).join('')
}

function familyText({ name, help, type = 'COUNTER', metric: metrics = [] }: MetricFamily): string {
  if (name === '') throw new TypeError('a metric family has no name')
  if (!Object.hasOwn(types, type) || type === 'GAUGE_HISTOGRAM')
    throw new TypeError(`unknown metric type ${type}`)
  const { word, lines } = types[type]
  const shown = nameText(name)
  let text = help === undefined ? '' : `# HELP ${shown} ${help.replaceAll(/[\\\n]/g, escaped)}\n`
  text += `# TYPE ${shown} ${word}\n`
  for (const metric of metrics) {
    const found = lines(metric)
    if (found === undefined) throw new TypeError(`expected ${word} in metric ${name}`)
    const time = metric.timestampMs === undefined ? '' : ` ${metric.timestampMs}`
    for (const { suffix = '', label, value } of found) {
      const labels = label === undefined ? (metric.label ?? []) : [...(metric.label ?? []), label]
      text += `${seriesText(name + suffix, labels)} ${goFloat(value)}${time}\n`
    }
  }
  return text
}

// The colon belongs to names of metrics alone by the data model; the encoder of Go makes no difference.
const classicName = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/

function seriesText(name: string, labels: readonly LabelPair[]): string {
  const pairs = labels.map((pair) => `${nameText(pair.name)}="${quotable(pair.value)}"`)
  if (!classicName.test(name)) return `{${[nameText(name), ...pairs].join(',')}}`
  return pairs.length === 0 ? name : `${name}{${pairs.join(',')}}`
}

function nameText(name: string): string {
  return classicName.test(name) ? name : `"${quotable(name)}"`
}

function quotable(text: string): string {
  return text.replaceAll(/[\\\n"]/g, escaped)
}

function escaped(unit: string): string {
  return unit === '\n' ? String.raw`\n` : `\\${unit}`
}
