import type { AttributeList } from '#src/model/attribute-set.ts'

/** Which labels or annotations of objects become labels of a metric: keys, `prefix*`, or `*` for all. */
export type AllowedKeys = readonly string[]

/**
 * Labels or annotations of an object as labels of a metric, as kube-state-metrics has it: what a label name cannot hold is
 * `_`, `camelCase` is `camel_case`, and names that fall together are told apart by `_conflict1`, `_conflict2` in the order of
 * their keys.
 *
 * @param prefix `label_` or `annotation_`
 */
export function labelsOf(
  prefix: string,
  map: Readonly<Record<string, string>> | undefined,
  allowed: AllowedKeys,
): AttributeList {
  const keys = Object.keys(map ?? {}).filter((key) => allowed.some((each) => allows(each, key)))
  const byName = new Map<string, string[]>()
  for (const key of keys.toSorted()) {
    const name = prefix + labelName(key)
    byName.set(name, [...(byName.get(name) ?? []), map?.[key] ?? ''])
  }
  return [...byName].flatMap(([name, values]) =>
    values.length === 1
      ? [name, ...values]
      : values.flatMap((value, index) => [`${name}_conflict${index + 1}`, value]),
  )
}

/** Where `kubectl apply` keeps the whole object, a secret with all that is in it too: told only to who names it. */
const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration'

function allows(pattern: string, key: string): boolean {
  if (!pattern.endsWith('*')) return key === pattern
  return key !== lastApplied && key.startsWith(pattern.slice(0, -1))
}

function labelName(key: string): string {
  return key
    .replaceAll(/[^a-zA-Z0-9_]/g, '_')
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
}
