import type { KubernetesObject } from '#src/kubernetes/object.ts'
import type { DiscoveredLabels } from '../discovery.ts'

/** Labels of a target while it is made, value by name. */
export type TargetLabels = Map<string, string>

/** Labels as name, value, name, value: what is kept of an object for the targets it takes part in. */
export type FlatLabels = readonly string[]

/** The labels that say one key of a kind of object: its value, and that it is there. */
interface KeyNames {
  readonly value: string
  readonly present: string
}

/** Keys whose names are remembered: keys repeat from object to object, but who may annotate may invent some. */
const mostNames = 20_000

const names = new Map<string, KeyNames>()

/**
 * What an object says of itself in `metadata`, as labels: `NAME`, of each label and annotation the value and that it is
 * there. Of keys that are the same once they are names of labels, the last one in their order counts.
 *
 * @param kind how labels name the object: `pod`
 */
export function describeMetadata(kind: string, { metadata }: KubernetesObject): string[] {
  return [`__meta_kubernetes_${kind}_name`, metadata.name, ...describeKeys(kind, { metadata })]
}

/** The same without the name. */
export function describeKeys(kind: string, { metadata }: Pick<KubernetesObject, 'metadata'>): string[] {
  return [
    ...keyLabels(kind, 'label', metadata.labels),
    ...keyLabels(kind, 'annotation', metadata.annotations),
  ]
}

function keyLabels(kind: string, what: string, values: Readonly<Record<string, string>> = {}): string[] {
  return Object.entries(values).flatMap(([key, text]) => {
    const { value, present } = namesOf(kind, what, key)
    return [value, text, present, 'true']
  })
}

function namesOf(kind: string, what: string, key: string): KeyNames {
  const id = `${kind} ${what} ${key}`
  const known = names.get(id)
  if (known !== undefined) return known
  if (names.size >= mostNames) names.clear()
  const label = labelName(key)
  const made = {
    value: `__meta_kubernetes_${kind}_${what}_${label}`,
    present: `__meta_kubernetes_${kind}_${what}present_${label}`,
  }
  names.set(id, made)
  return made
}

/** A text as the name of a label, or a part of it: what cannot be in one is an underscore. */
export function labelName(text: string): string {
  return text.replaceAll(/[^a-zA-Z0-9_]/gu, '_')
}

/** Labels by name, as what is kept of an object. Those without a value are left out. */
export function flatLabels(
  labels: Readonly<Record<string, string | number | boolean | undefined>>,
): FlatLabels {
  return Object.entries(labels).flatMap(([name, value]) =>
    value === undefined || value === '' ? [] : [name, String(value)],
  )
}

/** Adds labels; those that are there by the same name are replaced. */
export function addLabels(labels: TargetLabels, flat: FlatLabels | undefined): void {
  if (flat === undefined) return
  for (let index = 0; index < flat.length; index += 2) labels.set(flat[index] ?? '', flat[index + 1] ?? '')
}

/**
 * A target as discovery tells it: its own labels, and those that all targets of its object share where it has none of the name.
 * Labels without a value are none.
 */
export function finishLabels(own: TargetLabels, shared: TargetLabels): DiscoveredLabels {
  const flat: string[] = []
  for (const [name, value] of own) if (value !== '') flat.push(name, value)
  for (const [name, value] of shared) if (value !== '' && !own.has(name)) flat.push(name, value)
  // A copy has no room to grow, which would be a quarter of it; there may be a hundred thousand.
  return flat.slice()
}
