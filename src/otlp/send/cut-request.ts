import { shareOut } from '#src/push/shares.ts'
import { pointsOf, type EncodedRequest, type Share } from '#src/queue/request-queue.ts'
import { jsonHalves } from '../encode/json-halves.ts'
import { protobufHalves } from '../encode/protobuf-halves.ts'
import { pack, parseFormat, unpack } from './request-format.ts'

/** Cuts a request in two that take its place, in order; undefined where it holds but one data point. */
export function cutRequest(request: EncodedRequest): readonly [EncodedRequest, EncodedRequest] | undefined {
  const { form, compression } = parseFormat(request.format)
  const message = unpack(compression, request.body)
  const cut = form === 'proto' ? protobufHalves(message) : jsonHalves(message)
  if (cut === undefined) return undefined
  // A data point of a request may stand for several of the pipeline, which are shared out by its number.
  const points = Math.round((pointsOf(request) * cut.inFirst) / cut.points)
  const [first, second] = shareOut(request.shares, points)
  const half = (body: Buffer, shares: readonly Share[], samples: number): EncodedRequest => ({
    ...request,
    body: pack(compression, body),
    shares,
    samples,
    release: () => undefined,
  })
  return [half(cut.first, first, cut.inFirst), half(cut.second, second, cut.points - cut.inFirst)]
}
