import type { Metric } from '#src/model/series.ts'
import { isClassicMetricName } from '#src/naming/prometheus-names.ts'
import { unitInWords } from '#src/naming/prometheus-units.ts'
import { byteText, escapeHelp, escapeLabelValue, quoteName } from '#src/text/label-text.ts'
import { openMetricsTypeWords, textTypeWords, type ExpositionType } from './exposition-type.ts'

/** What is written before the labels of a sample. */
export interface SampleHead {
  /** The name, or `{"name"` where it has to be quoted; then the labels' `{` is written as a comma. */
  readonly text: string
  readonly quoted: boolean
}

/** The texts of one family: its metadata, and what its samples begin with. */
export interface FamilyText {
  readonly metadata: string
  /** By the suffix of the sample. */
  readonly head: (suffix: string) => SampleHead
}

/** A family as it is captured for a scrape. */
export interface FamilyFacts {
  /** As `byteText`. */
  readonly name: string
  readonly type: ExpositionType
  readonly metric: Metric
}

/** The texts of a family in the text format 0.0.4 and 1.0.0. */
export function textFamily({ name, type, metric }: FamilyFacts): FamilyText {
  const { description } = metric.descriptor
  const quoted = familyName(name)
  const help = description === '' ? '' : `# HELP ${quoted} ${byteText(escapeHelp(description))}\n`
  return { metadata: `${help}# TYPE ${quoted} ${textTypeWords[type]}\n`, head: heads(name) }
}

const openMetricsSuffix: Partial<Record<ExpositionType, string>> = { counter: '_total', info: '_info' }

/**
 * The texts of a family in OpenMetrics, where counters and infos have a suffix that their family's name lacks. One that
 * has no such suffix, or whose name without it is that of another family, is `unknown` under its own name.
 */
export function openMetricsFamily(facts: FamilyFacts, isTaken: (name: string) => boolean): FamilyText {
  const { description, unit } = facts.metric.descriptor
  let { name, type } = facts
  const suffix = openMetricsSuffix[type]
  if (suffix !== undefined) {
    const family = name.slice(0, -suffix.length)
    if (name.endsWith(suffix) && family !== '' && !isTaken(family)) name = family
    else type = type === 'info' ? 'gauge' : 'untyped'
  }
  const quoted = familyName(name)
  const words = unitInWords(unit)
  const inName = byteText([words.main, words.per].filter((word) => word !== '').join('_'))
  const lines = [`# TYPE ${quoted} ${openMetricsTypeWords[type]}\n`]
  if (inName !== '' && name.endsWith(`_${inName}`)) lines.push(`# UNIT ${quoted} ${inName}\n`)
  if (description !== '') lines.push(`# HELP ${quoted} ${byteText(escapeLabelValue(description))}\n`)
  return { metadata: lines.join(''), head: heads(facts.name) }
}

function familyName(name: string): string {
  return quoteName(name, isClassicMetricName)
}

function heads(name: string): (suffix: string) => SampleHead {
  return (suffix) => {
    const quoted = !isClassicMetricName(name)
    return { text: quoted ? `{"${escapeLabelValue(name + suffix)}"` : name + suffix, quoted }
  }
}
