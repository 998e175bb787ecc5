import { formatFloatBound } from './number-text.ts'
import type { Role } from '#src/model/series.ts'
import { boundLabel, parseBound } from '#src/model/classic-parts.ts'

/** Which of the labels that tell parts from each other there is. */
export function boundLabelOf(labels: readonly string[]): 'le' | 'quantile' | '' {
  for (let index = 0; index < labels.length; index += 2) {
    const name = labels[index]
    if (name === 'le' || name === 'quantile') return name
  }
  return ''
}

/**
 * Labels with `le` and `quantile` as OpenMetrics writes them, `1.0` for `1`, so that a target in any format gives the
 * same series. What is no number stays.
 */
export function normalizeBounds(labels: readonly string[], role: Role): readonly string[] {
  const name = boundLabel[role]
  if (name === undefined) return labels
  const at = labels.findIndex((label, index) => index % 2 === 0 && label === name)
  const bound = parseBound(labels[at + 1])
  if (at < 0 || bound === undefined) return labels
  return labels.with(at + 1, formatFloatBound(bound))
}

/** Labels without `le`. */
export function withoutBounds(labels: readonly string[]): readonly string[] {
  const at = labels.findIndex((label, index) => index % 2 === 0 && label === 'le')
  return at < 0 ? labels : labels.toSpliced(at, 2)
}
