import { attributeText } from '#src/attributes/attribute-text.ts'
import type { AttributeSet } from '#src/model/attribute-set.ts'
import { flag, type Batch } from '#src/model/batch.ts'
import type { ExponentialBuckets, Point } from '#src/model/point.ts'
import type { Resource, Scope } from '#src/model/resource.ts'
import type { Series } from '#src/model/series.ts'
import { startTimeNano, timeNano } from '#src/otlp/time-range.ts'
import { visibleJson, visibleText } from '#src/text/visible-text.ts'

/** What is known of a data point: names and texts, in the order in which they are shown. */
export type Details = readonly (readonly [name: string, text: string])[]

/** Everything that is known of a data point. */
export function detailsOf(batch: Batch, slot: number, series: Series): Details {
  const { metric, attributes } = series
  const { kind, unit, description, temporality, monotonic } = metric.descriptor
  const start = startTimeNano(batch, slot)
  const all: [string, string][] = [
    ['name', visibleText(series.name)],
    ['kind', kind],
    ['unit', visibleText(unit)],
    ['description', visibleText(description)],
    ['temporality', temporality === 'unspecified' ? '' : temporality],
    ['monotonic', monotonic ? 'true' : ''],
    ['resource', resourceText(metric.scope.resource)],
    ['scope', scopeText(metric.scope)],
    ['attributes', attributesText(attributes)],
    ['start_time', start === 0n ? '' : timeText(start)],
    ['time', timeText(timeNano(batch, slot))],
    ['value', valueText(batch, slot)],
    ['exemplars', exemplarsText(batch, slot)],
  ]
  return all.filter(([, text]) => text !== '')
}

/** A data point on one line: its series, its value, its time. */
export function sampleText(batch: Batch, slot: number, series: Series): string {
  const name = visibleText(series.name)
  const time = timeText(timeNano(batch, slot))
  return `${name}{${attributesText(series.attributes)}} ${valueText(batch, slot)} ${time}`
}

function attributesText(attributes: AttributeSet): string {
  return [...attributes]
    .map(([key, value]) => `${visibleText(key)}=${visibleJson(attributeText(value))}`)
    .join(',')
}

function resourceText({ attributes, schemaUrl, derived }: Resource): string {
  const parts = [attributesText(attributes), visibleText(schemaUrl), derived ? '(derived from labels)' : '']
  return parts.filter((part) => part !== '').join(' ')
}

function scopeText({ name, version, attributes, schemaUrl }: Scope): string {
  const parts = [visibleText(name), visibleText(version), attributesText(attributes), visibleText(schemaUrl)]
  return parts.filter((part) => part !== '').join(' ')
}

function valueText(batch: Batch, slot: number): string {
  if (batch.isStale(slot)) return 'stale'
  const point = batch.points?.[slot]
  if (point !== undefined) return pointText(point)
  const exact = ((batch.flags?.[slot] ?? 0) & flag.integer) === 0 ? undefined : batch.integers?.[slot]
  return String(exact ?? batch.values[slot])
}

function pointText(point: Point): string {
  const parts = [`count=${point.count}`]
  if (point.sum !== undefined) parts.push(`sum=${point.sum}`)
  if (point.kind === 'summary') {
    parts.push(...point.quantiles.map(({ quantile, value }) => `${quantile}:${value}`))
    return parts.join(' ')
  }
  if (point.min !== undefined) parts.push(`min=${point.min}`)
  if (point.max !== undefined) parts.push(`max=${point.max}`)
  if (point.kind === 'histogram') {
    const { bounds, counts } = point
    parts.push(
      ...counts.map((count, index) => `(${bounds[index - 1] ?? '-Inf'},${bounds[index] ?? '+Inf'}]:${count}`),
    )
    return parts.join(' ')
  }
  const { scale, zeroCount, zeroThreshold, positive, negative } = point
  parts.push(`scale=${scale}`, `zero=${zeroCount}`, `zero_threshold=${zeroThreshold}`)
  parts.push(bucketsText('positive', positive), bucketsText('negative', negative))
  return parts.join(' ')
}

function bucketsText(name: string, { offset, counts }: ExponentialBuckets): string {
  return `${name}=${offset}:[${counts.join(' ')}]`
}

function exemplarsText({ exemplars }: Batch, slot: number): string {
  return (exemplars ?? [])
    .filter((exemplar) => exemplar.slot === slot)
    .map(({ value, attributes }) => `${value}{${attributesText(attributes)}}`)
    .join(' ')
}

/** ISO 8601, as exact as the nanoseconds are. */
function timeText(nano: bigint): string {
  const milliseconds = Number(nano / 1_000_000n)
  const date = new Date(milliseconds)
  if (Number.isNaN(date.getTime())) return `${nano} ns`
  const rest = nano % 1_000_000n
  const fraction = rest === 0n ? '' : String(rest).padStart(6, '0')
  return date.toISOString().replace('Z', `${fraction}Z`)
}
