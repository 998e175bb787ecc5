import { Type, type TSchema, type Static } from 'typebox'
import type { Secret } from './secret.ts'

/**
 * Option types that JSON Schema has no word for. Each is a string in the file and carries the keyword `weir`, by which
 * the reader converts it after validation: components get milliseconds and `Secret`s, never the raw text.
 */
export type Converted = 'duration' | 'secret'

/** A Go duration such as `15s`, `1m30s`, `200ms`; the component gets milliseconds. `0` needs no unit. */
export function Duration(options: {
  readonly description: string
  readonly default?: string
  readonly minimum?: string
}): Type.TUnsafe<number> {
  return Type.Unsafe<number>({ type: 'string', weir: 'duration', ...options })
}

/** A text that never prints; the component gets a `Secret`. */
export function SecretText(options: { readonly description: string }): Type.TUnsafe<Secret> {
  return Type.Unsafe<Secret>({ type: 'string', weir: 'secret', ...options })
}

/** A mapping of options: unknown keys are mistakes. An absent one, or one without a value, takes all defaults. */
export function Options<const Properties extends Record<string, TSchema>>(
  properties: Properties,
  options: { readonly description?: string; readonly default?: object } = {},
): Type.TObject<Properties> {
  return Type.Object(properties, { additionalProperties: false, ...options })
}

export { Type, type Static, type TSchema }
