import type { Path } from './config-error.ts'
import type { Place } from './source-text.ts'

/** A value of the configuration, with its place. Trees of nodes are never changed, so that an anchor's uses can share one. */
export type ConfigNode = ScalarNode | MapNode | ListNode

export interface ScalarNode {
  readonly kind: 'scalar'
  readonly value: string | number | boolean | null
  /** As written, for options that take text: `0123` is 83 where a number is expected, and "0123" where text is. */
  readonly text: string
  /** Whether it is text because it stands in quotes. */
  readonly quoted: boolean
  readonly place: Place
  /** A reference that could not be resolved stood here, and that was found already. */
  readonly broken?: boolean
}

export interface MapNode {
  readonly kind: 'map'
  readonly entries: ReadonlyMap<string, Entry>
  readonly place: Place
}

export interface Entry {
  readonly key: Place
  readonly value: ConfigNode
}

export interface ListNode {
  readonly kind: 'list'
  readonly items: readonly ConfigNode[]
  readonly place: Place
}

/** A map of nothing, at a place. */
export function emptyMap(place: Place): MapNode {
  return { kind: 'map', entries: new Map(), place }
}

/** Whether a value was left out, as in `batch:`. */
export function isNull(node: ConfigNode): boolean {
  return node.kind === 'scalar' && node.value === null
}

/** What a path leads to; a key that is not there, or a value that is no map, ends it. */
export function childAt(node: ConfigNode | undefined, step: string | number): Entry | undefined {
  if (node?.kind === 'map') return node.entries.get(String(step))
  if (node?.kind !== 'list') return undefined
  const item = node.items[Number(step)]
  return item && { key: item.place, value: item }
}

/** The place of a path, or of the nearest thing around it that is in the file. */
export function placeOf(root: ConfigNode | undefined, path: Path, at: 'key' | 'value'): Place | undefined {
  let found = root?.place
  let node = root
  for (const [index, step] of path.entries()) {
    const entry = childAt(node, step)
    if (entry === undefined) return found
    const last = index === path.length - 1
    // A collection is long: its key says better where it is.
    const byKey = entry.value.kind !== 'scalar' || isNull(entry.value)
    found = (last && at === 'key') || byKey ? entry.key : entry.value.place
    node = entry.value
  }
  return found
}

/** The plain data of a tree: maps become objects without a prototype, so that no key has a meaning to JavaScript. */
export function dataOf(node: ConfigNode): unknown {
  if (node.kind === 'scalar') return node.value
  if (node.kind === 'list') return node.items.map(dataOf)
  const data = Object.create(null) as Record<string, unknown>
  for (const [key, { value }] of node.entries) data[key] = dataOf(value)
  return data
}
