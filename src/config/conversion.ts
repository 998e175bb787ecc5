import type { Path } from './config-error.ts'
import { copyOf } from './data-copy.ts'
import type { Conversion } from './schema-check.ts'
import { hiddenText, Secret } from './secret.ts'
import { textFormOf } from './text-form.ts'

/** Checked data as components get it: durations in milliseconds, sizes in bytes, secrets as `Secret`. The data itself stays as it is. */
export function convertData(data: unknown, conversions: readonly Conversion[]): unknown {
  let converted = copyOf(data)
  for (const { path, to } of conversions) {
    converted = replaceAt(converted, path, (value) => {
      if (typeof value !== 'string') return value
      return to === 'secret' ? new Secret(value) : (textFormOf(to)?.parse(value) ?? 0)
    })
  }
  return converted
}

/** The data with secrets replaced by a mark. */
export function redactData(data: unknown, secrets: readonly Path[]): unknown {
  let redacted = copyOf(data)
  for (const path of secrets) {
    redacted = replaceAt(redacted, path, (value) =>
      value === null || value === undefined ? value : hiddenText,
    )
  }
  return redacted
}

/** Replaces what stands at a path, in place, if there is such a path. */
function replaceAt(data: unknown, path: Path, replace: (value: unknown) => unknown): unknown {
  const holder: Record<string, unknown> = { value: data }
  let parent = holder
  let last: string | number = 'value'
  for (const step of path) {
    const next = parent[last]
    if (typeof next !== 'object' || next === null) return holder['value']
    parent = next as Record<string, unknown>
    last = step
  }
  if (last in parent) parent[last] = replace(parent[last])
  return holder['value']
}
