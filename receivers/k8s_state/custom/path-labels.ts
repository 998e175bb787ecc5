import { located } from '#src/config/located.ts'
import { textOf } from './value-text.ts'
import { compilePath, isMapping, valueAt, type ValuePath } from './value-path.ts'

/** Labels of a sample by name. */
export type Labels = Map<string, string>

/** Labels whose values are fields. */
export interface PathLabels {
  /** Objects all of whose fields are labels, with what stands before their keys: in the order in which the later wins. */
  readonly whole: readonly (readonly [prefix: string, path: ValuePath])[]
  /** Single fields; they win over whole objects. */
  readonly single: readonly (readonly [name: string, path: ValuePath])[]
}

const wholeName = /^\*|\*$/

/**
 * Compiles `labelsFromPath`. A name that begins or ends with `*` stands for a whole object; what is before a `*` at its end is
 * put before the keys.
 *
 * @throws {ConfigError} with the name of the label and the index of the part
 */
export function compilePathLabels(paths: Readonly<Record<string, readonly string[]>>): PathLabels {
  const compiled = Object.entries(paths).map(
    ([name, parts]) => [name, located([name], () => compilePath(parts))] as const,
  )
  const whole = compiled.filter(([name]) => wholeName.test(name)).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return {
    whole: whole.map(([name, path]) => [name.endsWith('*') ? name.slice(0, -1) : '', path]),
    single: compiled.filter(([name]) => !wholeName.test(name)).map(([name, path]) => [labelName(name), path]),
  }
}

/** Adds the labels that a value has. A field that is not there is no label. */
export function addPathLabels(labels: Labels, { whole, single }: PathLabels, value: unknown): void {
  for (const [prefix, path] of whole) {
    const fields = valueAt(path, value)
    if (!isMapping(fields)) continue
    for (const [key, field] of Object.entries(fields)) labels.set(labelName(prefix + key), textOf(field))
  }
  for (const [name, path] of single) {
    const field = valueAt(path, value)
    if (field !== undefined) labels.set(name, textOf(field))
  }
}

function labelName(text: string): string {
  return text.replaceAll(/[^a-zA-Z0-9_]/g, '_')
}
