/**
 * What Kubernetes' IntOrString means of a total: a number as it is, a percentage of the total rounded.
 *
 * @returns undefined for what is neither, and where the total is not known
 */
export function scaledValue(
  value: number | string | undefined,
  total: number | undefined,
  round: 'up' | 'down',
): number | undefined {
  if (total === undefined) return undefined
  if (typeof value !== 'string') return value
  const [, percent] = /^(\d{1,9})%$/.exec(value) ?? []
  if (percent === undefined) return undefined
  return Math[round === 'up' ? 'ceil' : 'floor']((Number(percent) * total) / 100)
}
