/** The sum of two counts, exact beyond 2^53. */
export function addCounts(first: number | bigint, second: number | bigint): number | bigint {
  if (typeof first === 'number' && typeof second === 'number') {
    const sum = first + second
    if (sum <= Number.MAX_SAFE_INTEGER) return sum
  }
  return narrow(BigInt(first) + BigInt(second))
}

/** The difference of two counts, exact beyond 2^53; negative where the second is larger. */
export function subtractCounts(first: number | bigint, second: number | bigint): number | bigint {
  return typeof first === 'number' && typeof second === 'number'
    ? first - second
    : narrow(BigInt(first) - BigInt(second))
}

/** The same count as a number where that is exact. */
export function narrow(count: bigint): number | bigint {
  return count <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(count) : count
}
