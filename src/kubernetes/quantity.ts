const pattern = /^([+-]?)(\d{0,40})(?:\.(\d{0,40}))?(?:([numkMGTPE]|[KMGTPE]i)|[eE]([+-]?\d{1,3}))?$/

/** The power of 1000 that a decimal suffix stands for. */
const decimalPowers = new Map(Object.entries({ n: -3, u: -2, m: -1, k: 1, M: 2, G: 3, T: 4, P: 5, E: 6 }))
/** The power of 1024 that a binary suffix stands for. */
const binaryPowers = new Map(Object.entries({ Ki: 1, Mi: 2, Gi: 3, Ti: 4, Pi: 5, Ei: 6 }))

/** No quantity is larger; Kubernetes cuts what is. */
const largest = 2n ** 63n - 1n
/** Above it thousandths are not counted, as kube-state-metrics does. */
const largestInThousandths = largest / 1000n

/**
 * The value of a Kubernetes quantity as kube-state-metrics has it: in thousandths, rounded away from zero, or in whole numbers
 * where it is too large for that.
 *
 * @param text `100m`, `1.5Gi`, `12e6`
 * @returns undefined for what is no quantity
 * @see https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
 */
export function quantity(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const [, sign = '', whole = '', fraction = '', suffix = '', exponent = '0'] = pattern.exec(text) ?? []
  if (whole === '' && fraction === '') return undefined
  const binary = 1024n ** BigInt(binaryPowers.get(suffix) ?? 0)
  // A count of thousandths is wanted: three more places.
  const places = 3 * (decimalPowers.get(suffix) ?? 0) + Number(exponent) - fraction.length + 3
  const digits = BigInt(whole + fraction) * binary
  const thousandths = places < 0 ? roundedUp(digits, 10n ** BigInt(-places)) : digits * 10n ** BigInt(places)
  const amount = valueOf(thousandths)
  return sign === '-' && amount !== 0 ? -amount : amount
}

/**
 * A quantity of what comes in whole numbers: bytes. A part of one counts as one, as Kubernetes has it.
 *
 * @returns undefined for what is no quantity
 */
export function wholeQuantity(text: string | undefined): number | undefined {
  const value = quantity(text)
  return value === undefined ? undefined : Math.ceil(value)
}

function valueOf(thousandths: bigint): number {
  const value = roundedUp(thousandths, 1000n)
  if (value <= largestInThousandths) return Number(thousandths) / 1000
  return Number(value < largest ? value : largest)
}

function roundedUp(dividend: bigint, divisor: bigint): bigint {
  return (dividend + divisor - 1n) / divisor
}
