import type { Metric } from '#src/model/series.ts'
import { isClassicMetricName } from '#src/naming/prometheus-names.ts'
import { prometheusUnit } from '#src/naming/prometheus-units.ts'
import { byteText, escapeHelp, escapeLabelValue, quoteName } from '#src/text/label-text.ts'
import { openMetricsTypeWords, textTypeWords, type ExpositionType } from './exposition-type.ts'

/** What stands before the labels: the name, or `{"name"` where it has to be quoted. */
export function lineHead(name: string): string {
  return isClassicMetricName(name) ? name : `{"${escapeLabelValue(name)}"`
}

/** All that a line has before its value, with labels that are closed (`{a="b"} `, or a blank). */
export function linePrefix(name: string, labels: string): string {
  const head = lineHead(name)
  if (head === name) return head + labels
  // A name that is quoted stands between the braces, as if it were the first label.
  return labels === ' ' ? `${head}} ` : `${head},${labels.slice(1)}`
}

/** A family as it is captured for a scrape. */
export interface FamilyFacts {
  /** As `byteText`. */
  readonly name: string
  readonly type: ExpositionType
  readonly metric: Metric
}

/** The metadata of a family in the text format. */
export function textMetadata({ name, type, metric }: FamilyFacts): string {
  const { description } = metric.descriptor
  const quoted = familyName(name)
  const help = description === '' ? '' : `# HELP ${quoted} ${byteText(escapeHelp(description))}\n`
  return `${help}# TYPE ${quoted} ${textTypeWords[type]}\n`
}

const openMetricsSuffix: Partial<Record<ExpositionType, string>> = { counter: '_total', info: '_info' }

/**
 * The metadata of a family in OpenMetrics, where counters and infos have a suffix that their family's name lacks. One that
 * has no such suffix, or whose name without it is that of another family, is `unknown` under its own name.
 */
export function openMetricsMetadata(facts: FamilyFacts, isTaken: (name: string) => boolean): string {
  const { description, unit } = facts.metric.descriptor
  let { name, type } = facts
  const suffix = openMetricsSuffix[type]
  if (suffix !== undefined) {
    const family = name.slice(0, -suffix.length)
    if (name.endsWith(suffix) && family !== '' && !isTaken(family)) name = family
    else type = type === 'info' ? 'gauge' : 'untyped'
  }
  const quoted = familyName(name)
  const inName = byteText(prometheusUnit(unit))
  const lines = [`# TYPE ${quoted} ${openMetricsTypeWords[type]}\n`]
  if (inName !== '' && name.endsWith(`_${inName}`)) lines.push(`# UNIT ${quoted} ${inName}\n`)
  if (description !== '') lines.push(`# HELP ${quoted} ${byteText(escapeLabelValue(description))}\n`)
  return lines.join('')
}

function familyName(name: string): string {
  return quoteName(name, isClassicMetricName)
}
