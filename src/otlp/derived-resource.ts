import type { AttributeList, AttributeSet, AttributeValue } from '#src/model/attribute-set.ts'
import type { Resource } from '#src/model/resource.ts'
import type { Series } from '#src/model/series.ts'

/** Labels of a scraped target, and the resource attributes that OTLP has for them. */
const attributeOfLabel: ReadonlyMap<string, string> = new Map([
  ['job', 'service.name'],
  ['instance', 'service.instance.id'],
])

/** The attributes of a resource in OTLP: those of a derived one by OpenTelemetry's names. Key, value, key, value. */
export function resourceAttributes({ attributes, derived }: Resource): AttributeList {
  const { entries } = attributes
  if (!derived) return entries
  return entries.map((entry, index) =>
    index % 2 === 0 ? (attributeOfLabel.get(entry as string) ?? entry) : entry,
  )
}

/** The attributes of a data point in OTLP: without the labels that its derived resource says already. */
export function pointAttributes({ attributes, resource }: Series): AttributeList {
  return resource.derived ? without(attributes, resource.attributes) : attributes.entries
}

function without(attributes: AttributeSet, said: AttributeSet): AttributeList {
  const kept: AttributeValue[] = []
  for (const [key, value] of attributes) {
    if (!attributeOfLabel.has(key) || said.get(key) !== value) kept.push(key, value)
  }
  return kept
}
