const units = ['B', 'K', 'M', 'G', 'T', 'P'] as const

/** The form of a size, as a pattern for JSON Schema. */
export const byteSizePattern = String.raw`^\d+(?:\.\d+)?(?:[KMGTP]?i?B)?$`

const form = /^(\d+(?:\.\d+)?)(?:([KMGTP])?(?:i?B))?$/

/**
 * Reads a size in bytes as Prometheus writes it: `15MB`, `512KiB`, `0`. Units are powers of 1024, whether they have an `i`
 * or not; a number without a unit is bytes. Undefined where the text is none.
 */
export function parseByteSize(text: string): number | undefined {
  const [, amount, unit = 'B'] = (text.length <= 64 ? form.exec(text) : null) ?? []
  if (amount === undefined) return undefined
  const bytes = Math.round(Number(amount) * 1024 ** units.indexOf(unit as (typeof units)[number]))
  return Number.isSafeInteger(bytes) ? bytes : undefined
}
