import { ConfigError } from '#src/config/config-error.ts'
import { numberOf } from './value-number.ts'

/** A way from a value to one within it, a step each. */
export type ValuePath = readonly ((value: unknown) => unknown)[]

/** What Go takes for a boolean. */
const booleans = new Map([
  ...['1', 't', 'T', 'true', 'TRUE', 'True'].map((text) => [text, true] as const),
  ...['0', 'f', 'F', 'false', 'FALSE', 'False'].map((text) => [text, false] as const),
])

/**
 * Compiles a path as kube-state-metrics has it: each part is the key of an object; the index of a list, from its end where it
 * is negative; `[key=value]`, which is the first object in a list whose key has the value; or `key=value`, which is the value
 * itself where an object's key has it.
 *
 * @throws {ConfigError} with the index of a part that is none of these
 */
export function compilePath(parts: readonly string[]): ValuePath {
  return parts.map((part, index) => {
    if (!part.startsWith('[') || !part.endsWith(']')) return stepInto(part)
    const [, key, value] = /^\[([^=]*)=(.*)\]$/su.exec(part) ?? []
    if (key === undefined || value === undefined)
      throw new ConfigError(`${part} selects nothing: expected [key=value]`, [index])
    return selection(key, value)
  })
}

/** What is at the end of a path; undefined where it leads nowhere. */
export function valueAt(path: ValuePath, value: unknown): unknown {
  let reached = value
  for (const step of path) {
    if (reached === undefined || reached === null) return undefined
    reached = step(reached)
  }
  return reached ?? undefined
}

/** Whether a value is an object of JSON, and no list. */
export function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function stepInto(part: string): (value: unknown) => unknown {
  const index = /^[+-]?\d{1,9}$/.test(part) ? Number(part) : undefined
  const [key = '', wanted, more] = part.split('=')
  return (value) => {
    if (Array.isArray(value)) return index === undefined ? undefined : (value.at(index) as unknown)
    if (!isMapping(value)) return undefined
    if (wanted !== undefined && more === undefined && own(value, key) === wanted) return wanted
    return own(value, part)
  }
}

function selection(key: string, wanted: string): (value: unknown) => unknown {
  const number = numberOf(wanted)
  const boolean = booleans.get(wanted)
  const isWanted = (candidate: unknown): boolean =>
    candidate === wanted ||
    (number !== undefined && numberOf(candidate) === number) ||
    (boolean !== undefined && candidate === boolean)
  return (value) => {
    if (!Array.isArray(value)) return undefined
    return value.filter(isMapping).find((each) => Object.hasOwn(each, key) && isWanted(each[key]))
  }
}

function own(value: Readonly<Record<string, unknown>>, key: string): unknown {
  return Object.hasOwn(value, key) ? value[key] : undefined
}
