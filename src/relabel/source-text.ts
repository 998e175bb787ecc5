import type { Labels } from './labels.ts'
import type { Rule } from './rule.ts'

/** Reads what a rule looks at: the values of its source labels, joined; nothing is allocated where all are missing. */
export function sourceText({ source_labels, separator }: Rule): (labels: Labels) => string {
  const [first, ...others] = source_labels
  if (first === undefined) return () => ''
  if (others.length === 0) return (labels) => labels.get(first)
  const allMissing = separator.repeat(others.length)
  return (labels) => {
    if (!source_labels.some((name) => labels.has(name))) return allMissing
    let joined = labels.get(first)
    for (const name of others) joined += separator + labels.get(name)
    return joined
  }
}
