import { boundLabel } from '#src/model/classic-parts.ts'
import type { Role } from '#src/model/series.ts'
import { byteText, escapeLabelValue } from '#src/text/label-text.ts'
import { formatBound, formatFloatBound } from '#src/text/number-text.ts'

/** The label of a bound and what closes the labels: `le="0.5"} `. */
export interface BoundText {
  /** Whole numbers as they are, as client_golang writes the text format. */
  readonly text: string
  /** Whole numbers with `.0`, as OpenMetrics has them. */
  readonly openMetrics: string
}

const cacheLimit = 10_000
const caches: Partial<Record<Role, Map<number, BoundText>>> = { bucket: new Map(), quantile: new Map() }

/** The label of a numeric bound; the texts of most bounds are shared. */
export function boundText(role: Role, bound: number): BoundText {
  const cache = caches[role]
  const known = cache?.get(bound)
  if (known !== undefined) return known
  const label = boundLabel[role] ?? ''
  const made = {
    text: `${label}="${formatBound(bound)}"} `,
    openMetrics: `${label}="${formatFloatBound(bound)}"} `,
  }
  if (cache !== undefined) {
    if (cache.size >= cacheLimit) cache.clear()
    cache.set(bound, made)
  }
  return made
}

/** The label of a bound that is no number: it is passed on as it came. */
export function oddBoundText(role: Role, value: string): BoundText {
  const text = byteText(`${boundLabel[role] ?? ''}="${escapeLabelValue(value)}"} `)
  return { text, openMetrics: text }
}
