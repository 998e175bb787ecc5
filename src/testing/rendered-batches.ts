import type { Batch } from '#src/model/batch.ts'
import { flag } from '#src/model/batch.ts'
import type { Metric } from '#src/model/series.ts'

/**
 * Batches as text for golden files: each metric with what is said of it, below it its series in their order. Integers
 * bear no point, doubles do.
 */
export function renderBatches(batches: readonly Batch[]): string {
  const families = new Map<string, string[]>()
  for (const batch of batches) {
    for (const slot of batch.walk) {
      const series = batch.layout.series[slot]
      if (series === undefined) continue
      const attributes = [...series.attributes].map(([key, value]) => `${key}=${renderAttribute(value)}`)
      const head = renderMetric(series.metric)
      const lines = families.get(head) ?? []
      lines.push(`  {${attributes.join(', ')}} ${renderValue(batch, slot)}`)
      families.set(head, lines)
    }
  }
  return [...families].map(([head, lines]) => `${[head, ...lines].join('\n')}\n`).join('')
}

function renderMetric({ name, descriptor, scope }: Metric): string {
  const { kind, unit, monotonic, temporality, description } = descriptor
  const words = [
    name,
    kind,
    ...(kind === 'sum' ? [temporality, monotonic ? 'monotonic' : 'not monotonic'] : []),
  ]
  const scopeName = scope.name === '' ? '' : ` @ ${scope.name}`
  return `${words.join(' ')} [${unit}] ${description}${scopeName}`
}

function renderAttribute(value: unknown): string {
  return typeof value === 'bigint' ? String(value) : JSON.stringify(value)
}

function renderValue(batch: Batch, slot: number): string {
  if (batch.isStale(slot)) return 'stale'
  const value = batch.values[slot] ?? Number.NaN
  if (((batch.flags?.[slot] ?? 0) & flag.integer) === 0)
    return Number.isInteger(value) ? value.toFixed(1) : String(value)
  return String(batch.integers?.[slot] ?? value)
}
