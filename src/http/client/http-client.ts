import { version } from '#src/cli/version.ts'
import { systemClock, type Clock } from '#src/component/clock.ts'
import { AnswerBody, type BodySink } from './answer-body.ts'
import { ClientError } from './client-error.ts'
import { concealSecrets, secretsOfAuthorization } from './concealed-text.ts'
import { basicAuthorization, type Credentials } from './credentials.ts'
import { Deadline } from './deadline.ts'
import { canInflate } from './inflater.ts'
import { userOf } from './origin.ts'
import { followedRedirect, redirectLimit, type RedirectPolicy } from './redirect.ts'
import type { RequestHeaders } from './request-head.ts'
import { parseRetryAfter } from './retry-after.ts'
import { Transport, type TransportSettings } from './transport.ts'

/** What every request says. */
interface Request {
  /** http or https. A user in it is sent as basic credentials where there are no others. */
  readonly url: URL
  readonly headers?: RequestHeaders
  /** From the call to the last byte of the answer: names, connections, redirects and waiting included. 0 is no limit. */
  readonly timeoutMs: number
  /** Bytes of the body of the answer, its encodings undone, at which the request fails. 0 or absent is no limit. */
  readonly bodySizeLimit?: number
}

/** A request for a body. */
export interface GetRequest extends Request {
  /** What the body may be compressed with, best first; nothing if absent. */
  readonly encodings?: readonly ('gzip' | 'zstd' | 'deflate')[]
}

/** A request that brings a body. */
export interface PostRequest extends Request {
  /** The parts of the body, in order. They are not copied: nothing may write to them until the promise settles. */
  readonly body: readonly Uint8Array[]
  /** Whether the server may get it twice: then it is sent again where a kept connection turns out to be dead. */
  readonly idempotent?: boolean
  /** POST where absent. */
  readonly method?: 'POST' | 'PUT'
}

/** What came back. */
export interface Answer {
  readonly status: number
  /** By name in lower case. */
  readonly headers: ReadonlyMap<string, string>
  /** Where it came from, after redirects. */
  readonly url: URL
  /** Bytes of the body as they came. */
  readonly wireBytes: number
  /** Bytes of the body, its encodings undone. */
  readonly bodyBytes: number
  /** The first 4 KiB of a body that no sink took, as text. It is the server's: control characters included. */
  readonly excerpt: string
  /** What `Retry-After` says, in milliseconds from now, at most a day. */
  readonly retryAfterMs: number | undefined
}

/** How a client behaves. */
export interface HttpClientSettings extends TransportSettings {
  readonly userAgent?: string | undefined
  readonly credentials?: Credentials | undefined
  /** Headers of all requests to the configured server, made anew for each. */
  readonly headers?: (() => RequestHeaders) | undefined
  /** `same_host` where absent. */
  readonly redirects?: RedirectPolicy | undefined
}

type Encodings = NonNullable<GetRequest['encodings']>

const noEncodings: Encodings = []
const noHeaders: RequestHeaders = {}

/** By the list that is asked for: callers have constant ones. */
const acceptHeaders = new WeakMap<Encodings, RequestHeaders>()

function acceptEncoding(encodings: Encodings): RequestHeaders {
  const known = acceptHeaders.get(encodings)
  if (known !== undefined) return known
  const made = { 'Accept-Encoding': encodings.length === 0 ? 'identity' : encodings.join(', ') }
  acceptHeaders.set(encodings, made)
  return made
}

/** What a caller may say in a header that no other server should hear. */
const confidential = new Set(['authorization', 'cookie', 'proxy-authorization'])

/**
 * A client for HTTP/1.1 with bounds on time and size. It reads bodies through one reused buffer and keeps connections.
 */
export class HttpClient {
  readonly #transport: Transport
  readonly #clock: Clock
  readonly #userAgent: RequestHeaders
  readonly #settings: HttpClientSettings
  /** What was sent last. */
  #authorization: RequestHeaders | undefined
  #configured: RequestHeaders | undefined

  constructor(settings: HttpClientSettings = {}) {
    this.#settings = settings
    this.#clock = settings.clock ?? systemClock
    this.#transport = new Transport(settings)
    this.#userAgent = { 'User-Agent': settings.userAgent ?? `weir/${version}` }
  }

  /**
   * Gets a body. The sink gets it where the status is 2xx; of others the answer has an excerpt.
   *
   * @throws {ClientError}, what the sink threw, or the signal's reason
   */
  async get(request: GetRequest, sink: BodySink, signal?: AbortSignal): Promise<Answer> {
    const headers = acceptEncoding(canInflate ? (request.encodings ?? noEncodings) : noEncodings)
    return await this.#perform({ request, method: 'GET', headers, body: [], repeatable: true, sink }, signal)
  }

  /**
   * Sends a body. When the promise settles, either way, the buffers of the body are the caller's again.
   *
   * @param sink takes the body of an answer that is 2xx
   * @throws {ClientError}, what the sink threw, or the signal's reason
   */
  async post(request: PostRequest, signal?: AbortSignal, sink?: BodySink): Promise<Answer> {
    const { body, idempotent = false, method = 'POST' } = request
    return await this.#perform(
      { request, method, headers: noHeaders, body, repeatable: idempotent, sink },
      signal,
    )
  }

  /**
   * A text without what this client last sent to servers that they should keep for themselves: credentials, configured
   * headers, and what a URL has behind its question mark. For words of a server, who may repeat what he was told.
   */
  conceal(text: string, { search, searchParams }: URL): string {
    const authorization = this.#authorization?.['Authorization']
    const headers = Object.values(this.#configured ?? noHeaders).flat()
    const credentials = typeof authorization === 'string' ? secretsOfAuthorization(authorization) : []
    return concealSecrets(text, [...credentials, ...headers, search.slice(1), ...searchParams.values()])
  }

  /** Closes idle connections; those in use are closed when their request ends. */
  close(): void {
    this.#transport.close()
  }

  async #perform(task: Task, signal: AbortSignal | undefined): Promise<Answer> {
    signal?.throwIfAborted()
    const deadline = new Deadline(task.request.timeoutMs, this.#clock, signal)
    try {
      return await this.#follow(task, deadline)
    } finally {
      deadline.dispose()
    }
  }

  async #follow(task: Task, deadline: Deadline): Promise<Answer> {
    const { redirects = 'same_host' } = this.#settings
    let { url } = task.request
    let trusted = true
    for (let hops = 0; ; hops++) {
      const answer = await this.#authorized(task, url, trusted, deadline)
      const redirect = { status: answer.status, location: answer.headers.get('location') }
      const next = followedRedirect(redirects, url, task.method, redirect)
      if (next === undefined) return answer
      if (hops === redirectLimit) {
        throw new ClientError('too_many_redirects', `the server redirects more than ${redirectLimit} times`)
      }
      // What was meant for one server is for no other, even if it leads back.
      trusted &&= next.origin === url.origin
      url = next
    }
  }

  /** A refusal may come from credentials that were replaced a moment ago: those are tried once. */
  async #authorized(task: Task, url: URL, trusted: boolean, deadline: Deadline): Promise<Answer> {
    if (!trusted)
      return await this.#exchange(task, url, [withoutConfidential(task.request.headers)], deadline)
    const { credentials, tls } = this.#settings
    deadline.stage = () => 'while credentials were fetched'
    const sent =
      credentials === undefined ? authorizationOf(url) : await credentials.authorization(deadline.signal)
    const answer = await this.#exchange(task, url, this.#headersOf(task, sent), deadline)
    if (answer.status !== 401) return answer
    tls?.renew()
    credentials?.renew()
    const renewed = await credentials?.authorization(deadline.signal)
    if (renewed === undefined || renewed === sent) return answer
    return await this.#exchange(task, url, this.#headersOf(task, renewed), deadline)
  }

  #headersOf(task: Task, authorization: string | undefined): (RequestHeaders | undefined)[] {
    // The same object as long as it says the same: the lines of the headers are then known.
    if (this.#authorization?.['Authorization'] !== authorization) {
      this.#authorization = authorization === undefined ? undefined : { Authorization: authorization }
    }
    this.#configured = this.#settings.headers?.()
    return [this.#authorization, this.#configured, task.request.headers]
  }

  async #exchange(
    task: Task,
    url: URL,
    headers: readonly (RequestHeaders | undefined)[],
    deadline: Deadline,
  ): Promise<Answer> {
    const { method, body, repeatable, sink, request } = task
    const received = new AnswerBody(sink, request.bodySizeLimit ?? 0)
    const all = [this.#userAgent, task.headers, ...headers]
    try {
      await this.#transport.send({ url, method, headers: all, body, repeatable }, received, deadline)
    } finally {
      received.release()
    }
    const { status = 0, headers: answered = new Map<string, string>() } = received.answer ?? {}
    return {
      status,
      headers: answered,
      url,
      wireBytes: received.wireBytes,
      bodyBytes: received.bodyBytes,
      excerpt: received.excerpt,
      retryAfterMs: parseRetryAfter(answered.get('retry-after'), this.#clock.now()),
    }
  }
}

interface Task {
  readonly request: Request
  readonly method: string
  readonly headers: RequestHeaders
  readonly body: readonly Uint8Array[]
  readonly repeatable: boolean
  readonly sink: BodySink | undefined
}

function authorizationOf(url: URL): string | undefined {
  const user = userOf(url)
  return user === undefined ? undefined : basicAuthorization(user.username, user.password)
}

function withoutConfidential(headers: RequestHeaders = {}): RequestHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !confidential.has(name.toLowerCase())))
}
