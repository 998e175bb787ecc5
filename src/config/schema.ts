import { Type, type TSchema, type Static } from 'typebox'
import type { Secret } from './secret.ts'
import type { TextFormName } from './text-form.ts'

/**
 * Option types that JSON Schema has no word for. Each is a string in the file and carries the keyword `weir`, by which
 * the reader converts it after validation: components get milliseconds, bytes and `Secret`s, never the raw text.
 */
export type Converted = TextFormName | 'secret'

/** Notes that an option's schema carries beside the words of JSON Schema; the reader acts on them. */
export interface SchemaNotes {
  /** How the text is converted after validation. */
  readonly weir?: Converted
  /** The least duration. */
  readonly minimumDuration?: string
  /** Why the option is accepted although it has no effect; using it is warned about. */
  readonly withoutEffect?: string
  /** Names that options had before, or have elsewhere: they are accepted with a warning. Old name to today's. */
  readonly aliases?: Readonly<Record<string, string>>
  /** The constants of the schema are in lower case, and written in any. */
  readonly anyCase?: boolean
}

/** The names of the notes, for validators that refuse what they do not know. */
export const schemaNotes: readonly (keyof SchemaNotes)[] = [
  'weir',
  'minimumDuration',
  'withoutEffect',
  'aliases',
  'anyCase',
]

/** A Go duration such as `15s`, `1m30s`, `200ms`; the component gets milliseconds. `0` needs no unit. */
export function Duration(options: {
  readonly description: string
  readonly default?: string
  readonly minimum?: string
}): Type.TUnsafe<number> {
  const { minimum, ...others } = options
  const note = minimum === undefined ? {} : { minimumDuration: minimum }
  return Type.Unsafe<number>({ type: 'string', weir: 'duration', ...note, ...others })
}

/** A duration in the words of Prometheus, such as `15s` or `1d12h`; the component gets milliseconds. */
export function PrometheusDuration(options: {
  readonly description: string
  readonly default?: string
  readonly minimum?: string
}): Type.TUnsafe<number> {
  const { minimum, ...others } = options
  const note = minimum === undefined ? {} : { minimumDuration: minimum }
  return Type.Unsafe<number>({ type: 'string', weir: 'prometheus_duration', ...note, ...others })
}

/** A size such as `15MB`, in powers of 1024; the component gets bytes. */
export function ByteSize(options: {
  readonly description: string
  readonly default?: string
}): Type.TUnsafe<number> {
  return Type.Unsafe<number>({ type: 'string', weir: 'byte_size', ...options })
}

/** A text that never prints; the component gets a `Secret`. */
export function SecretText(options: {
  readonly description: string
  readonly deprecated?: boolean
}): Type.TUnsafe<Secret> {
  return Type.Unsafe<Secret>({ type: 'string', weir: 'secret', ...options })
}

/** An option that the Collector has and that changes nothing here: using it is warned about, with the reason. */
export function WithoutEffect(reason: string): Type.TOptional<Type.TUnknown> {
  return Type.Optional(
    Type.Unknown({ description: `Accepted and without effect: ${reason}.`, withoutEffect: reason }),
  )
}

/**
 * A mapping of options: unknown keys are mistakes. One without a value takes all defaults, and so does an absent one unless it
 * is `Type.Optional`.
 */
export function Options<const Properties extends Record<string, TSchema>>(
  properties: Properties,
  options: {
    readonly description?: string
    readonly default?: object
    /** Deprecated names of properties: they are accepted with a warning. Old name to today's. */
    readonly aliases?: Readonly<Record<string, string>>
  } = {},
): Type.TObject<Properties> {
  const complete = Object.fromEntries(
    Object.entries(properties).map(([key, each]) => [key, withDefault(each)]),
  )
  return Type.Object(complete as Properties, { additionalProperties: false, ...options })
}

/** A mapping that must be there, and of which nothing must be written, is as good as written. */
function withDefault(schema: TSchema): TSchema {
  const { type, properties, required = [] }: ObjectParts = schema
  const needsNothing = required.every((key) => 'default' in (properties?.[key] ?? {}))
  const isOptional = '~optional' in schema
  if (type !== 'object' || properties === undefined || 'default' in schema || isOptional || !needsNothing)
    return schema
  // What TypeBox itself needs to know is not enumerable.
  const copy: TSchema = Object.defineProperties({}, Object.getOwnPropertyDescriptors(schema))
  return Object.assign(copy, { default: {} })
}

interface ObjectParts {
  readonly type?: unknown
  readonly properties?: Readonly<Record<string, TSchema>>
  readonly required?: readonly string[]
}

export { Type, type Static, type TSchema }
