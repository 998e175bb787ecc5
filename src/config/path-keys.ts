import { emptyMap, type Entry, type MapNode } from './config-node.ts'
import type { Findings } from './finding.ts'
import { mergeMaps } from './merge.ts'
import { SourceText, type Place } from './source-text.ts'
import { readYaml } from './yaml-document.ts'
import { maxDepth } from './yaml-syntax.ts'

/** `a.b.c=value` as `a: {b: {c: value}}`; the value is YAML. Steps are divided by `.` or, as in the Collector, by `::`. */
export function readSet(set: string, findings: Findings): MapNode | undefined {
  const equals = set.indexOf('=')
  const path = equals < 0 ? set : set.slice(0, equals)
  const source = new SourceText(`--set ${path}`, set, process.cwd())
  const key: Place = { source, start: 0, end: path.length }
  const steps = stepsOf(path)
  const mistake = mistakeOfSet(equals, steps)
  if (mistake !== undefined) {
    findings.error(`${mistake}: expected a.b.c=value`, key)
    return undefined
  }
  const begin = equals + 1
  const placeAt = (start: number, end: number): Place => ({ source, start: begin + start, end: begin + end })
  const read = readYaml(set.slice(begin), placeAt)
  if (read.problems !== undefined) {
    for (const { message, start, end } of read.problems) findings.error(message, placeAt(start, end))
    return undefined
  }
  return nested(steps, { key, value: read.node })
}

function mistakeOfSet(equals: number, steps: readonly string[]): string | undefined {
  if (equals < 0) return 'the equal sign is missing'
  if (steps.includes('')) return 'the path has an empty step'
  return steps.length > maxDepth ? `the path has more than ${maxDepth} steps` : undefined
}

function stepsOf(path: string): string[] {
  return path.split(/::|\./).map((step) => step.trim())
}

function nested(steps: readonly string[], { key, value }: Entry): MapNode {
  const [first = '', ...others] = steps
  const inner = others.length === 0 ? value : nested(others, { key, value })
  return { kind: 'map', entries: new Map([[first, { key, value: inner }]]), place: key }
}

/** The Collector's short form of texts: `a::b: c` is `a: {b: c}`. */
export function withPathKeys(document: MapNode): MapNode {
  let merged = emptyMap(document.place)
  for (const [name, entry] of document.entries) merged = mergeMaps(merged, nested(name.split('::'), entry))
  return merged
}
