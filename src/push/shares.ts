import type { Share } from '#src/queue/request-queue.ts'

/** Shares out what a request carries: the shares of its first so many data points, and those of the rest. */
export function shareOut(shares: readonly Share[], points: number): [first: Share[], second: Share[]] {
  const first: Share[] = []
  const second: Share[] = []
  let left = points
  for (const { intake, points: own } of shares) {
    const taken = Math.min(own, left)
    left -= taken
    if (taken > 0) first.push({ intake, points: taken })
    if (taken < own) second.push({ intake, points: own - taken })
  }
  return [first, second]
}
