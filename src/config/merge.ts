import { isNull, type ConfigNode, type Entry, type MapNode } from './config-node.ts'
import type { Path } from './config-error.ts'
import type { Findings } from './finding.ts'

/** Merges maps in order, as the Collector does: maps join, lists and values replace what was there before. */
export function mergeMaps(first: MapNode, second: MapNode, findings?: Findings, path: Path = []): MapNode {
  const entries = new Map<string, Entry>(first.entries)
  for (const [name, entry] of second.entries) {
    const before = entries.get(name)
    const here = [...path, name]
    if (before?.value.kind === 'map' && entry.value.kind === 'map') {
      entries.set(name, { key: before.key, value: mergeMaps(before.value, entry.value, findings, here) })
      continue
    }
    if (before !== undefined && erases(before.value, entry.value)) {
      const { source, start } = before.key
      const where = `${source.name}:${source.position(start).line}`
      findings?.warning(
        `without a value, this erases what ${where} has here: remove it, or write {}`,
        entry.key,
        here,
      )
    }
    entries.set(name, entry)
  }
  return { kind: 'map', entries, place: first.place }
}

function erases(before: ConfigNode, after: ConfigNode): boolean {
  return isNull(after) && before.kind === 'map' && before.entries.size > 0
}
