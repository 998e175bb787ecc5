import { attributeText } from '#src/attributes/attribute-text.ts'
import {
  ownAttributes,
  type AttributeList,
  type AttributeSet,
  type AttributeValue,
} from '#src/model/attribute-set.ts'
import { makeResource, type Resource, type Scope } from '#src/model/resource.ts'
import { releaseSeries, type Series } from '#src/model/series.ts'

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

/** The resource with other attributes, given as OTLP has them. A derived one stays derived, and is edited from then on. */
export function withResourceAttributes(resource: Resource, attributes: AttributeList): Resource {
  const { derived, schemaUrl } = resource
  if (!derived) return makeResource(attributes, { schemaUrl })
  const list = renamed(attributes, labelOfAttribute).map((entry, index, all) =>
    index % 2 === 1 && attributeOfLabel.has(all[index - 1] as string) ? attributeText(entry) : entry,
  )
  return makeResource(list, { schemaUrl, derived, edited: true })
}

/**
 * The series in another scope, of which an edited resource takes the place of its own. Scraped series bear `job` and
 * `instance` themselves: where these said what the resource said, they say what it says now.
 *
 * @returns undefined for `target_info` of a scraped target, which would say beside the edited resource what was before
 */
export function inEditedScope(series: Series, scope: Scope): Series | undefined {
  const { resource, name, attributes } = series
  if (resource.derived && name === 'target_info') return undefined
  const moved = series.withScope(scope)
  if (!resource.derived) return moved
  const list: AttributeValue[] = []
  let changed = false
  for (const [key, value] of attributes) {
    const said = scope.resource.attributes.get(key)
    const follows = attributeOfLabel.has(key) && resource.attributes.get(key) === value && said !== value
    changed ||= follows
    if (!follows) list.push(key, value)
    else if (said !== undefined) list.push(key, said)
  }
  if (!changed) return moved
  const relabeled = moved.withAttributes(list)
  releaseSeries(moved)
  return relabeled
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
