import type { Answer, HttpClient } from '#src/http/client/http-client.ts'
import type { Excerpt } from '#src/push/excerpt.ts'
import type { Answered, Peer, Verdict } from '#src/push/peer.ts'
import { shareOut } from '#src/push/shares.ts'
import { pointsOf, type EncodedRequest, type Share } from '#src/queue/request-queue.ts'
import { compress, decompress } from '#src/remote/snappy.ts'
import { halves } from '#src/remote/transcoding.ts'
import { largestMessage, type PreparedBody, type Protocol } from './protocol.ts'
import { verdictOf } from './verdict.ts'

/** How a receiver is reached. */
export interface RemoteWriteConnection {
  readonly client: HttpClient
  readonly url: URL
  /** What one attempt may take, in milliseconds. */
  readonly timeoutMs: number
}

/** A remote write receiver. */
export class RemoteWritePeer implements Peer {
  readonly #connection: RemoteWriteConnection
  readonly #protocol: Protocol
  readonly #excerpt: Excerpt

  constructor(connection: RemoteWriteConnection, protocol: Protocol, excerpt: Excerpt) {
    this.#connection = connection
    this.#protocol = protocol
    this.#excerpt = excerpt
  }

  async send(request: EncodedRequest, retries: number, signal: AbortSignal): Promise<Answered> {
    const { client, url, timeoutMs } = this.#connection
    let prepared: PreparedBody
    try {
      prepared = await this.#protocol.prepare(request)
    } catch (error) {
      return { kind: 'unsendable', error }
    }
    const retry = retries === 0 ? {} : { 'Retry-Attempt': String(retries) }
    const headers = { ...prepared.headers, ...retry }
    const answer = await client.post(
      { url, timeoutMs, idempotent: true, body: [prepared.body], headers },
      signal,
    )
    const spoken = this.#protocol.judge(answer, request, prepared)
    if (spoken.kind === 'changed') return spoken
    const said = { status: answer.status, answer: this.#excerpt(answer.excerpt) }
    return { ...judged(answer, request, spoken.written), said }
  }

  cutInTwo(request: EncodedRequest): readonly [EncodedRequest, EncodedRequest] | undefined {
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

  close(): void {
    this.#connection.client.close()
  }
}

/** @param written how many samples the receiver says it took; undefined where it does not say */
function judged(answer: Answer, { samples }: EncodedRequest, written: number | undefined): Verdict {
  const verdict = verdictOf(answer)
  if (written === undefined) return verdict
  if (verdict.kind === 'rejected') return { ...verdict, written }
  const isPart = verdict.kind === 'delivered' && written < samples
  return isPart ? { kind: 'rejected', reason: 'not_written', written } : verdict
}
