const unitMs: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
}

/** The form of a duration, as a pattern for JSON Schema. */
export const durationPattern = String.raw`^\+?(?:0+|(?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)$`

const form = new RegExp(durationPattern, 'u')
const part = /(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)/g

/**
 * Reads a Go duration such as `1m30s`: milliseconds, or undefined where the text is none. Negative ones are none:
 * nothing here lasts less than no time.
 */
export function parseDuration(text: string): number | undefined {
  if (text.length > 64 || !form.test(text)) return undefined
  let total = 0
  for (const [, amount, unit = ''] of text.matchAll(part)) total += Number(amount) * (unitMs[unit] ?? 0)
  return total
}

/** The form of a duration of Prometheus, as a pattern for JSON Schema. */
export const prometheusDurationPattern = String.raw`^(?:0|(?=\d)(?:\d+y)?(?:\d+w)?(?:\d+d)?(?:\d+h)?(?:\d+m)?(?:\d+s)?(?:\d+ms)?)$`

const prometheusForm =
  /^(?=\d)(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$/

const dayMs = 86_400_000

/** The units of Prometheus, largest first. Years and weeks are only written where nothing is left over. */
const prometheusUnits = [
  { unit: 'y', unitMs: 365 * dayMs, whole: true },
  { unit: 'w', unitMs: 7 * dayMs, whole: true },
  { unit: 'd', unitMs: dayMs, whole: false },
  { unit: 'h', unitMs: 3_600_000, whole: false },
  { unit: 'm', unitMs: 60_000, whole: false },
  { unit: 's', unitMs: 1000, whole: false },
  { unit: 'ms', unitMs: 1, whole: false },
]

/**
 * Reads a duration of Prometheus such as `1d12h` or `1m30s`: whole numbers, larger units first, days, weeks and years among
 * them. Milliseconds, or undefined where the text is none.
 */
export function parsePrometheusDuration(text: string): number | undefined {
  if (text === '0') return 0
  const found = text.length <= 64 ? prometheusForm.exec(text) : null
  if (found === null) return undefined
  return prometheusUnits.reduce((sum, { unitMs }, index) => sum + Number(found[index + 1] ?? 0) * unitMs, 0)
}

/** Writes whole milliseconds as Prometheus does: 90,000 is `1m30s`. */
export function formatPrometheusDuration(milliseconds: number): string {
  let left = Math.round(milliseconds)
  let text = ''
  for (const { unit, unitMs, whole } of prometheusUnits) {
    if (left < unitMs || (whole && left % unitMs !== 0)) continue
    text += `${Math.floor(left / unitMs)}${unit}`
    left %= unitMs
  }
  return text === '' ? '0s' : text
}
