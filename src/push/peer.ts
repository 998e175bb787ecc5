import type { EncodedRequest } from '#src/queue/request-queue.ts'

/** What an attempt to send a request came to. */
export type Verdict =
  /** The peer has all of it. */
  | { readonly kind: 'delivered' }
  /** It is given up: the same request would be refused again. Where the peer says so, it took some of its samples. */
  | { readonly kind: 'rejected'; readonly reason: string; readonly written?: number }
  /** It is tried again, not before so many milliseconds where the peer said so. */
  | { readonly kind: 'retry'; readonly reason: string; readonly error: Error; readonly afterMs: number }
  /** It is tried again in parts. */
  | { readonly kind: 'too_large'; readonly reason: string }
  /** It is tried again at once, in another form: the peer turned out not to know this one. */
  | { readonly kind: 'changed' }
  /** It is given up, since it could not be brought into the form that the peer knows. */
  | { readonly kind: 'unsendable'; readonly error: unknown }

/** A verdict, and for the log what the peer said, without secrets. */
export type Answered = Verdict & { readonly said?: Readonly<Record<string, unknown>> }

/** Where requests are sent, as a sender sees it: a protocol, and a connection. */
export interface Peer {
  /**
   * Sends a request once. Its body is not touched any more when the promise settles.
   *
   * @param retries how often it was sent before
   * @returns what the peer says of it
   * @throws where the peer cannot be reached, or does not answer in time: it is tried again
   */
  send(request: EncodedRequest, retries: number, signal: AbortSignal): Promise<Answered>
  /** Cuts a request in two that take its place, in order; undefined where it cannot be cut any more. */
  cutInTwo(request: EncodedRequest): readonly [EncodedRequest, EncodedRequest] | undefined
  /** Ends the connection; nothing is sent any more. */
  close(): void
}

/** A peer that wants to be left alone for longer is asked again after this time all the same. */
export const longestWaitMs = 300_000
