import { Options, Type } from '#src/config/schema.ts'
import type { DiscoveredLabels } from './discovery.ts'

/** Targets that share labels, as configurations, files and servers list them. */
export interface TargetGroup {
  readonly targets: readonly string[]
  readonly labels: Readonly<Record<string, string>>
}

/** The same as options. */
export const TargetGroupOptions = Options({
  targets: Type.Array(Type.String(), {
    description: 'Where the targets are: host:port each, or as vmagent has it a whole URL.',
    default: [],
  }),
  labels: Type.Record(Type.String(), Type.String(), {
    description: 'Labels that all of them get.',
    default: {},
  }),
})

/**
 * The targets of a group, each with its address first.
 *
 * @param more labels that all of them get beside: name, value, ...
 */
export function labelsOfGroup(
  { targets, labels }: TargetGroup,
  more: readonly string[] = [],
): DiscoveredLabels[] {
  // The address is the target's own, whatever the labels say.
  const others = Object.entries(labels).filter(([name]) => name !== '__address__')
  const shared = [...others.flat(), ...more]
  return targets.map((address) => ['__address__', address, ...shared])
}

/**
 * Reads groups as JSON has them. What else an item has is left alone, as Prometheus does.
 *
 * @throws {Error} that names what is not as it should be, and nothing of the text
 */
export function parseTargetGroups(json: string): TargetGroup[] {
  let data: unknown
  try {
    data = JSON.parse(json)
  } catch (error) {
    throw new Error('it is no JSON', { cause: error })
  }
  // What encodes an empty list of Go writes this.
  if (data === null) return []
  if (!Array.isArray(data)) throw new Error('it is no list of groups of targets')
  return data.map((group: unknown, index) => {
    if (typeof group !== 'object' || group === null) throw new Error(`item ${index} is no group of targets`)
    const { targets, labels } = group as { readonly targets?: unknown; readonly labels?: unknown }
    return { targets: textList(targets, index), labels: textRecord(labels, index) }
  })
}

function textList(value: unknown, index: number): string[] {
  if (value === undefined || value === null) return []
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value
  throw new Error(`the targets of item ${index} are no list of texts`)
}

function textRecord(value: unknown, index: number): Readonly<Record<string, string>> {
  if (value === undefined || value === null) return {}
  const entries = typeof value === 'object' && !Array.isArray(value) ? Object.entries(value) : undefined
  if (entries?.every(([, text]) => typeof text === 'string') === true) return value as Record<string, string>
  throw new Error(`the labels of item ${index} are no texts by name`)
}
