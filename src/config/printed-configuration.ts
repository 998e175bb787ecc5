import { stringify } from 'yaml'
import type { Path } from './config-error.ts'
import { dataOf, type MapNode } from './config-node.ts'
import { redactData } from './conversion.ts'
import { isTelling } from './frame.ts'
import type { ReadOptions } from './options-reader.ts'
import { hiddenText } from './secret.ts'

/** A part of the configuration that has a schema: it is printed with its defaults. */
export interface PrintedPart {
  readonly path: Path
  /** Undefined where the type is not known. */
  readonly read: ReadOptions | undefined
}

/** The configuration as one text: merged, expanded, with defaults. Secrets are redacted unless they are to be revealed. */
export function printConfiguration(
  root: MapNode,
  parts: readonly PrintedPart[],
  options: { readonly format: 'yaml' | 'json'; readonly reveal: boolean },
): string {
  const data = (options.reveal ? dataOf(root) : withoutTelling(dataOf(root))) as Record<string, unknown>
  for (const { path, read } of parts) {
    let parent = data
    for (const step of path.slice(0, -1)) parent = parent[step] as Record<string, unknown>
    const last = path.at(-1) ?? ''
    if (read !== undefined) parent[last] = options.reveal ? read.data : redacted(read)
  }
  return options.format === 'json'
    ? `${JSON.stringify(data, undefined, 2)}\n`
    : stringify(data, { aliasDuplicateObjects: false, lineWidth: 0 })
}

function redacted({ data, secrets, ok }: ReadOptions): unknown {
  const known = redactData(data, secrets)
  return ok ? known : withoutTelling(known)
}

/** Where no schema says which texts are secrets, the names of their keys must do. */
function withoutTelling(data: unknown): unknown {
  if (typeof data !== 'object' || data === null) return data
  if (Array.isArray(data)) return data.map(withoutTelling)
  const entries = Object.entries(data).map(([key, value]): [string, unknown] => {
    const isPlain = typeof value !== 'object' || value === null
    return [key, isPlain && isTelling(key) ? hiddenText : withoutTelling(value)]
  })
  return Object.assign(Object.create(null), Object.fromEntries(entries)) as unknown
}
