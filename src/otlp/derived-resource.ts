import {
  ownAttributes,
  type AttributeList,
  type AttributeSet,
  type AttributeValue,
} from '#src/model/attribute-set.ts'
import { makeResource, type Resource } from '#src/model/resource.ts'
import type { Series } from '#src/model/series.ts'

/** Labels of a scraped target, and the resource attributes that OTLP has for them. */
const attributeOfLabel: ReadonlyMap<string, string> = new Map([
  ['job', 'service.name'],
  ['instance', 'service.instance.id'],
])

const labelOfAttribute: ReadonlyMap<string, string> = new Map(
  [...attributeOfLabel].map(([label, attribute]) => [attribute, label]),
)

/** The attributes of a resource in OTLP: those of a derived one by OpenTelemetry's names. Key, value, key, value. */
export function resourceAttributes({ attributes, derived }: Resource): AttributeList {
  return derived ? renamed(attributes.entries, attributeOfLabel) : attributes.entries
}

const sets = new WeakMap<Resource, AttributeSet>()

/** The same as a set: what processors see of a resource. */
export function resourceSet(resource: Resource): AttributeSet {
  if (!resource.derived) return resource.attributes
  let set = sets.get(resource)
  if (set === undefined) {
    set = ownAttributes(resourceAttributes(resource))
    sets.set(resource, set)
  }
  return set
}

/** The resource with other attributes, given as OTLP has them. A derived one stays derived. */
export function withResourceAttributes(resource: Resource, attributes: AttributeList): Resource {
  return makeResource(resource.derived ? renamed(attributes, labelOfAttribute) : attributes, resource)
}

function renamed(attributes: AttributeList, names: ReadonlyMap<string, string>): AttributeList {
  return attributes.map((entry, index) => (index % 2 === 0 ? (names.get(entry as string) ?? entry) : entry))
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
