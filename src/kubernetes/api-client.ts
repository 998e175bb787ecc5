import type { Clock } from '#src/component/clock.ts'
import { CollectedBody } from '#src/http/client/collected-body.ts'
import type { BodySink } from '#src/http/client/answer-body.ts'
import type { Answer, HttpClient } from '#src/http/client/http-client.ts'
import { ClientError } from '#src/http/client/client-error.ts'
import { apiErrorOfAnswer } from './api-error.ts'
import type { ApiStatistics } from './api-statistics.ts'
import { ListBody, parsed, type ListMeta } from './list-body.ts'
import { asObject, type KubernetesObject } from './object.ts'
import { pathOf, resourceName, type ObjectForm, type Resource, type Scope } from './resource.ts'
import { SilenceGuard } from './silence-guard.ts'
import { WatchBody, type WatchEvents } from './watch-body.ts'

/** Where an API server is, and what speaks with it. */
export interface ApiClientSettings {
  /** Its URL; a path before `/api` is kept. */
  readonly server: URL
  readonly client: HttpClient
  readonly clock: Clock
  readonly statistics: ApiStatistics
  /** Whose certificates are trusted, in words for an error: `those of /etc/ca.crt`. */
  readonly trust?: string | undefined
}

/** Parameters of a query; those that are undefined are left out. */
export type Query = Readonly<Record<string, string | undefined>>

/** Bounds on requests, in milliseconds. */
export const requestLimits = {
  /** From one byte of an answer to the next. */
  silenceMs: 30_000,
  /** A whole page of a list: at 20 kB/s 500 large pods come in three minutes. */
  listMs: 600_000,
  /** A request for one object. */
  objectMs: 30_000,
} as const

const objectBytes = 8 * 1_048_576

/** Requests to the API server of a cluster. All that is not a success is an {@link ApiError} or a {@link ClientError}. */
export class ApiClient {
  readonly #settings: ApiClientSettings
  /** Whether the server can tell a list as a stream; as long as it has not refused. */
  streamsLists = true

  constructor(settings: ApiClientSettings) {
    this.#settings = settings
  }

  get clock(): Clock {
    return this.#settings.clock
  }

  get statistics(): ApiStatistics {
    return this.#settings.statistics
  }

  /** For messages. */
  get server(): string {
    const { origin, pathname } = this.#settings.server
    return pathname === '/' ? origin : origin + pathname
  }

  /** Whose certificates are trusted, in words for an error. */
  get trust(): string {
    return this.#settings.trust ?? 'those of this machine'
  }

  /** Asks for a list, or one page of it. */
  async list(
    scope: Scope,
    query: Query,
    found: (object: KubernetesObject) => void,
    signal: AbortSignal,
  ): Promise<ListMeta> {
    const body = new ListBody(found)
    const guard = new SilenceGuard(body, this.clock, () => requestLimits.silenceMs, signal)
    try {
      await this.#measured('list', scope.resource, async () => {
        const request = { ...this.#request(scope, query, listKinds), timeoutMs: requestLimits.listMs }
        return await this.#settings.client.get({ ...request, encodings: ['gzip'] }, guard, guard.signal)
      })
      return body.meta
    } finally {
      guard.dispose()
    }
  }

  /**
   * Watches until the server ends it. It rejects when the watch fails, or the signal aborts.
   *
   * @param silenceMs how long the server may say nothing, asked each time
   * @param begun called when the server has agreed
   */
  async watch(
    scope: Scope,
    query: Query,
    events: WatchEvents,
    { silenceMs, begun, signal }: { silenceMs: () => number; begun: () => void; signal: AbortSignal },
  ): Promise<void> {
    const guard = new SilenceGuard(new WatchBody(events), this.clock, silenceMs, signal)
    const from = this.clock.monotonic()
    const record = (code: string): void => this.#record('watch', scope.resource, code, from)
    let agreed = false
    guard.onBegin = () => {
      agreed = true
      record('200')
      begun()
    }
    try {
      const request = { ...this.#request(scope, { ...query, watch: 'true' }, watchKinds), timeoutMs: 0 }
      const answer = await this.#settings.client.get(request, guard, guard.signal)
      if (!agreed) record(String(answer.status))
      checkSuccess(answer)
    } catch (error) {
      if (!agreed && error instanceof ClientError && !signal.aborted) record(error.code)
      throw error
    } finally {
      guard.dispose()
    }
  }

  /** One object by its name. */
  async read(
    resource: Resource,
    namespace: string,
    name: string,
    signal?: AbortSignal,
  ): Promise<KubernetesObject> {
    const url = this.#url(`${pathOf(resource, namespace)}/${encodeURIComponent(name)}`)
    return await this.#object('get', resource, signal, async (sink, limits) => {
      return await this.#settings.client.get({ ...limits, url }, sink, signal)
    })
  }

  /** Makes an object. */
  async create(
    resource: Resource,
    namespace: string,
    object: object,
    signal?: AbortSignal,
  ): Promise<KubernetesObject> {
    const url = this.#url(pathOf(resource, namespace))
    return await this.#object('create', resource, signal, async (sink, limits) => {
      return await this.#settings.client.post({ ...limits, url, body: jsonBody(object) }, signal, sink)
    })
  }

  /** Replaces an object, if it is still at the version that the new one bears. */
  async replace(
    resource: Resource,
    namespace: string,
    object: KubernetesObject,
    signal?: AbortSignal,
  ): Promise<KubernetesObject> {
    const url = this.#url(`${pathOf(resource, namespace)}/${encodeURIComponent(object.metadata.name)}`)
    return await this.#object('update', resource, signal, async (sink, limits) => {
      const request = { ...limits, url, body: jsonBody(object), method: 'PUT' as const }
      return await this.#settings.client.post(request, signal, sink)
    })
  }

  /** Closes idle connections. */
  close(): void {
    this.#settings.client.close()
  }

  async #object(
    verb: string,
    resource: Resource,
    signal: AbortSignal | undefined,
    send: (
      sink: BodySink,
      limits: {
        readonly timeoutMs: number
        readonly bodySizeLimit: number
        readonly headers: typeof jsonHeaders
      },
    ) => Promise<Answer>,
  ): Promise<KubernetesObject> {
    signal?.throwIfAborted()
    const body = new CollectedBody()
    const limits = { timeoutMs: requestLimits.objectMs, bodySizeLimit: objectBytes, headers: jsonHeaders }
    await this.#measured(verb, resource, async () => await send(body, limits))
    return asObject(parsed(body.text, 'an object'))
  }

  async #measured(verb: string, resource: Resource, send: () => Promise<Answer>): Promise<void> {
    const from = this.clock.monotonic()
    let answer: Answer
    try {
      answer = await send()
    } catch (error) {
      const code = error instanceof ClientError ? error.code : 'malformed_response'
      this.#record(verb, resource, code, from)
      throw error
    }
    this.#record(verb, resource, String(answer.status), from)
    checkSuccess(answer)
  }

  #record(verb: string, resource: Resource, code: string, from: number): void {
    const seconds = (this.clock.monotonic() - from) / 1000
    this.statistics.request(verb, resourceName(resource), code, seconds)
  }

  #request(scope: Scope, query: Query, kinds: Readonly<Record<ObjectForm, string>>) {
    const { resource, namespace, labelSelector, fieldSelector, form } = scope
    const url = this.#url(pathOf(resource, namespace), { labelSelector, fieldSelector, ...query })
    // A server that knows no such form answers with whole objects.
    const accept = form && `application/json;as=${kinds[form]};g=meta.k8s.io;v=v1,application/json`
    return { url, headers: accept === undefined ? jsonHeaders : { ...jsonHeaders, Accept: accept } }
  }

  #url(path: string, query: Query = {}): URL {
    const url = new URL(this.#settings.server)
    url.pathname = url.pathname.replace(/\/$/, '') + path
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined && value !== '') url.searchParams.set(name, value)
    }
    return url
  }
}

const jsonHeaders = { Accept: 'application/json', 'Content-Type': 'application/json' }

/** What a list is asked for as, and what the objects of a watch are. */
const listKinds = { metadata: 'PartialObjectMetadataList', table: 'Table' } as const
const watchKinds = { metadata: 'PartialObjectMetadata', table: 'Table' } as const

function jsonBody(object: object): Buffer[] {
  return [Buffer.from(JSON.stringify(object))]
}

function checkSuccess({ status, excerpt, retryAfterMs }: Answer): void {
  if (status < 200 || status > 299) throw apiErrorOfAnswer(status, excerpt, retryAfterMs)
}
