import { ownAttributes } from '#src/model/attribute-set.ts'
import { LineMistake } from './exposition-error.ts'
import type { LineExemplar } from './sample-columns.ts'
import { parseLabels } from './series-text.ts'
import { tokenEnd, type Dialect } from './text-tokens.ts'
import { valueOf } from './value-text.ts'

/** What a line has behind its value. */
export interface LineRest {
  /** Unix time in milliseconds; NaN where the line has none. */
  readonly time: number
  readonly exemplars?: readonly LineExemplar[]
  /** The position of the newline. */
  readonly end: number
}

const newline = 0x0a
const space = 0x20
const hash = 0x23

/** The most characters of an exemplar's label names and values together (OpenMetrics 1.0, "Exemplars"). */
export const exemplarLength = 128

/**
 * Reads what OpenMetrics allows behind a value: a timestamp, an exemplar, both or none, with one space before each.
 *
 * @param from the position behind the value
 * @throws LineMistake
 */
export function openMetricsRest(bytes: Buffer, from: number, dialect: Dialect): LineRest {
  if (bytes[from] === newline) return { time: Number.NaN, end: from }
  let at = afterSpace(bytes, from)
  let time = Number.NaN
  if (bytes[at] !== hash) {
    const end = tokenEnd(bytes, at)
    time = secondsOf(bytes, at, end)
    if (bytes[end] === newline) return { time, end }
    at = afterSpace(bytes, end)
  }
  if (bytes[at] !== hash) throw new LineMistake('expected the end of the line, or "# {" and an exemplar', at)
  const { exemplar, end } = parseExemplar(bytes, afterSpace(bytes, at + 1), dialect)
  return { time, end, exemplars: exemplar === undefined ? [] : [exemplar] }
}

/** Reads an exemplar. One whose labels are too long is left out, as Prometheus' store does. */
function parseExemplar(
  bytes: Buffer,
  from: number,
  dialect: Dialect,
): { readonly exemplar: LineExemplar | undefined; readonly end: number } {
  const { labels, end: labelsEnd } = parseLabels(bytes, from, dialect)
  const valueAt = afterSpace(bytes, labelsEnd)
  const valueEnd = tokenEnd(bytes, valueAt)
  const value = valueOf(bytes, valueAt, valueEnd)
  let time: number | undefined
  let end = valueEnd
  if (bytes[end] !== newline) {
    const timeAt = afterSpace(bytes, valueEnd)
    end = tokenEnd(bytes, timeAt)
    time = secondsOf(bytes, timeAt, end)
  }
  if (bytes[end] !== newline) throw new LineMistake('expected the end of the line', end)
  return { exemplar: makeExemplar(labels, value, time), end }
}

/** An exemplar; undefined where its labels are longer than OpenMetrics allows. */
export function makeExemplar(
  labels: readonly string[],
  value: number,
  time: number | undefined,
): LineExemplar | undefined {
  let units = 0
  let characters = 0
  for (const text of labels) {
    units += text.length
    // Past this there are too many characters, be all of them pairs of units.
    if (units > exemplarLength * 2) return undefined
    characters += Array.from(text).length
  }
  return characters > exemplarLength ? undefined : { value, time, attributes: ownAttributes(labels) }
}

/** A timestamp in seconds as milliseconds, cut as Prometheus cuts it. */
function secondsOf(bytes: Buffer, from: number, to: number): number {
  const seconds = valueOf(bytes, from, to)
  if (!Number.isFinite(seconds)) throw new LineMistake('expected a finite timestamp in seconds', from)
  return Math.trunc(seconds * 1000)
}

function afterSpace(bytes: Buffer, at: number): number {
  if (bytes[at] !== space) throw new LineMistake('expected one space', at)
  return at + 1
}
