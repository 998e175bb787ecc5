import { pointsOf, type EncodedRequest, type Share } from '#src/queue/request-queue.ts'
import { compress, decompress } from '#src/remote/snappy.ts'
import { halves } from '#src/remote/transcoding.ts'
import { largestMessage } from './protocol.ts'

/** Cuts a request in two that take its place, in order; undefined where it holds but one series. */
export function cutInTwo(request: EncodedRequest): readonly [EncodedRequest, EncodedRequest] | undefined {
  const cut = halves(decompress(request.body, largestMessage))
  if (cut === undefined) return undefined
  // A data point may be several series, of which either half has some: its points are shared out by their number.
  const inFirst = (of: number): number => Math.round((of * cut.inFirst) / cut.series)
  const [first, second] = shareOut(request.shares, inFirst(pointsOf(request)))
  const samples = inFirst(request.samples)
  const half = (message: Buffer, shares: readonly Share[], of: number): EncodedRequest => ({
    ...request,
    body: compress(message),
    shares,
    samples: of,
    release: () => undefined,
  })
  return [half(cut.first, first, samples), half(cut.second, second, request.samples - samples)]
}

/** The shares of the first so many points, and those of the rest. */
function shareOut(shares: readonly Share[], points: number): [Share[], Share[]] {
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
