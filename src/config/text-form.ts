import { byteSizePattern, parseByteSize } from './byte-size.ts'
import {
  durationPattern,
  parseDuration,
  parsePrometheusDuration,
  prometheusDurationPattern,
} from './duration.ts'

/** A kind of text that stands for a number. */
export interface TextForm {
  /** For JSON Schema. */
  readonly pattern: string
  /** What is expected, with an example. */
  readonly expected: string
  /** The number, or undefined where the text is none of this kind. */
  parse(text: string): number | undefined
}

/** The texts that components get as numbers: milliseconds and bytes. */
export const textForms = {
  duration: { pattern: durationPattern, expected: 'a duration such as 15s', parse: parseDuration },
  prometheus_duration: {
    pattern: prometheusDurationPattern,
    expected: 'a duration such as 15s or 1d12h',
    parse: parsePrometheusDuration,
  },
  byte_size: { pattern: byteSizePattern, expected: 'a size such as 15MB', parse: parseByteSize },
} as const satisfies Readonly<Record<string, TextForm>>

/** Their names, as schemas have them in `weir`. */
export type TextFormName = keyof typeof textForms

/** The form that a schema's note names, if it is one of numbers. */
export function textFormOf(name: string | undefined): TextForm | undefined {
  return name !== undefined && Object.hasOwn(textForms, name) ? textForms[name as TextFormName] : undefined
}
