import type { Path } from './config-error.ts'
import { copyOf } from './data-copy.ts'
import { parseDuration } from './duration.ts'
import type { Conversion } from './schema-check.ts'
import { Secret } from './secret.ts'

/** Checked data as components get it: durations in milliseconds, secrets as `Secret`. The data itself stays as it is. */
export function convertData(data: unknown, conversions: readonly Conversion[]): unknown {
  let converted = copyOf(data)
  for (const { path, to } of conversions) {
    converted = replaceText(converted, path, (text) =>
      to === 'duration' ? (parseDuration(text) ?? 0) : new Secret(text),
    )
  }
  return converted
}

/** The data with secrets replaced by a mark. */
export function redactData(data: unknown, secrets: readonly Path[]): unknown {
  let redacted = copyOf(data)
  for (const path of secrets) redacted = replaceText(redacted, path, (text) => String(new Secret(text)))
  return redacted
}

/** Replaces the text at a path, in place; what else is there stays. */
function replaceText(data: unknown, path: Path, replace: (text: string) => unknown): unknown {
  const holder: Record<string, unknown> = { value: data }
  let parent = holder
  let last: string | number = 'value'
  for (const step of path) {
    const next = parent[last]
    if (typeof next !== 'object' || next === null) return holder['value']
    parent = next as Record<string, unknown>
    last = step
  }
  const text = parent[last]
  if (typeof text === 'string') parent[last] = replace(text)
  return holder['value']
}
