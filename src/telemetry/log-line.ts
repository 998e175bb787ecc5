import { visibleJson, visibleText } from '#src/text/visible-text.ts'
import type { PlainValue } from './log-value.ts'

/** A line before it is written: fields in order. */
export interface LogLine {
  /** Unix time in milliseconds. */
  readonly time: number
  readonly level: string
  readonly message: string
  readonly fields: Iterable<readonly [key: string, value: PlainValue]>
}

/** Makes the text of a line, its line feed included. */
export type LogEncoding = (line: LogLine) => string

/** Bounds of a line: bytes with its line feed, and fields. */
export const longestLine = 8192
export const mostFields = 32

/** Room for the note of what was left out. */
const reserve = 32

/** The encodings, by their names in `service.telemetry.logs.encoding`. */
export const encodings: Readonly<Record<'json' | 'console', LogEncoding>> = {
  json({ time, level, message, fields }) {
    const head = `{"level":"${level}","ts":"${timestamp(time)}","msg":${visibleJson(message)}`
    return `${join(head, fields, (key, value) => `,${visibleJson(key)}:${visibleJson(value)}`)}}\n`
  },
  console({ time, level, message, fields }) {
    const head = `${timestamp(time)} ${level.padEnd(5)} ${visibleText(message)}`
    return `${join(head, fields, (key, value) => ` ${word(key)}=${word(value)}`)}\n`
  },
}

function timestamp(time: number): string {
  return new Date(time).toISOString()
}

/** Appends fields while they fit, and then the number of those that did not. */
function join(
  head: string,
  fields: LogLine['fields'],
  encode: (key: string, value: PlainValue) => string,
): string {
  let line = head
  let bytes = Buffer.byteLength(head)
  let count = 0
  let omitted = 0
  for (const [key, value] of fields) {
    const text = encode(key, value)
    const length = Buffer.byteLength(text)
    if (count === mostFields || bytes + length > longestLine - reserve) {
      omitted++
      continue
    }
    line += text
    bytes += length
    count++
  }
  return omitted === 0 ? line : line + encode('omitted', omitted)
}

/** A value in logfmt: bare where that is not ambiguous. */
function word(value: PlainValue): string {
  return typeof value === 'string' && /^[\w./:@%+,-]+$/.test(value) ? value : visibleJson(value)
}
