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
