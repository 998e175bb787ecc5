/** What a field of a cron schedule allows. */
export interface CronField {
  readonly values: ReadonlySet<number>
  /** Whether it was `*`, which leaves the choice of a day to the other field of days. */
  readonly any: boolean
}

/** The limits of a field, and words for its values. */
interface FieldRange {
  readonly first: number
  readonly last: number
  readonly words?: ReadonlyMap<string, number>
}

const inOrder = (words: string, first: number): ReadonlyMap<string, number> =>
  new Map(words.split(' ').map((word, index) => [word, first + index]))

/** The five fields of a schedule, in their order. */
const ranges = {
  minutes: { first: 0, last: 59 },
  hours: { first: 0, last: 23 },
  days: { first: 1, last: 31 },
  months: { first: 1, last: 12, words: inOrder('jan feb mar apr may jun jul aug sep oct nov dec', 1) },
  weekdays: { first: 0, last: 6, words: inOrder('sun mon tue wed thu fri sat', 0) },
} as const satisfies Record<string, FieldRange>

/** The fields of a schedule: what minutes, hours and so on it allows. */
export type CronFields = Readonly<Record<keyof typeof ranges, CronField>>

/**
 * Reads the five fields of a cron schedule, as Kubernetes does: lists, ranges and steps; `?` is `*`, `5/2` goes on to the last
 * value, Sunday is 0 only.
 *
 * @returns undefined for what is none
 */
export function cronFields(text: string): CronFields | undefined {
  const [minutes, hours, days, months, weekdays, ...rest] = text
    .split(/\s+/)
    .filter((word) => word !== '')
    .map((word, index) => cronField(word, Object.values(ranges)[index] ?? ranges.minutes))
  if (rest.length > 0 || !minutes || !hours || !days || !months || !weekdays) return undefined
  return { minutes, hours, days, months, weekdays }
}

function cronField(text: string, range: FieldRange): CronField | undefined {
  const values = new Set<number>()
  let any = false
  for (const part of text.split(',')) {
    // Kubernetes lets a comma stand where nothing follows.
    if (part === '') continue
    const steps = stepsOf(part, range)
    if (steps === undefined) return undefined
    for (let value = steps.from; value <= steps.to; value += steps.by) values.add(value)
    any ||= steps.any
  }
  return { values, any }
}

/** `*`, `5`, `5-10`, each with or without `/2` behind it. */
function stepsOf(
  text: string,
  range: FieldRange,
): { from: number; to: number; by: number; any: boolean } | undefined {
  const [span = '', step, ...moreSteps] = text.split('/')
  const [low = '', high, ...moreSpans] = span.split('-')
  const by = step === undefined ? 1 : integerOf(step)
  if (by === undefined || by < 1 || moreSteps.length > 0) return undefined
  if (low === '*' || low === '?') return { from: range.first, to: range.last, by, any: by === 1 }
  if (moreSpans.length > 0) return undefined
  const from = valueOf(low, range)
  const alone = step === undefined ? from : range.last
  const to = high === undefined ? alone : valueOf(high, range)
  if (from === undefined || to === undefined) return undefined
  if (from < range.first || to > range.last || from > to) return undefined
  return { from, to, by, any: false }
}

function valueOf(text: string, { words }: FieldRange): number | undefined {
  return words?.get(text.toLowerCase()) ?? integerOf(text)
}

function integerOf(text: string): number | undefined {
  return /^\+?\d{1,9}$/.test(text) ? Number(text) : undefined
}
