import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { KubernetesObject } from '#src/kubernetes/object.ts'
import { pathOf, type Resource } from '#src/kubernetes/resource.ts'
import { askedForm, listAs, objectAs, type AskedForm } from './kubernetes-forms.ts'
import { matchesSelectors } from './kubernetes-selectors.ts'

/** An object as a test writes it: the server adds what is missing. */
export interface ObjectWish {
  readonly metadata: {
    readonly name: string
    readonly namespace?: string
    readonly labels?: Readonly<Record<string, string>>
    readonly [field: string]: unknown
  }
  readonly [field: string]: unknown
}

/** A request that the server got. */
export interface ApiRequest {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly authorization: string
  readonly form: AskedForm
  /** Monotonic milliseconds. */
  readonly at: number
}

interface Watcher {
  readonly path: string
  readonly query: URLSearchParams
  readonly form: AskedForm
  readonly response: ServerResponse
  /** Objects told so far. */
  told: number
}

interface Change {
  readonly path: string
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'
  readonly object: KubernetesObject
  readonly before: KubernetesObject | undefined
}

/** How a server answers a request for a list as a stream. */
export type StreamingLists =
  | 'told'
  /** As one whose etcd is too old. */
  | 'without_progress'
  /** As one that is too old itself. */
  | 'invalid'

/**
 * A server that behaves as kube-apiserver does, so far as lists, watches and single objects go, and fails as a test wants.
 * test/peers/kubernetes compares its answers with those of the real one.
 */
export class KubernetesApi implements AsyncDisposable {
  readonly requests: ApiRequest[] = []
  /** Requests that are not answered to their end yet; watches among them. */
  open = 0
  /** Takes a request out of the server's hands where it returns true. */
  intercept: (request: ApiRequest, response: ServerResponse, body: string) => boolean = () => false
  streamingLists: StreamingLists = 'told'
  /** What whoever bears an `Authorization` may do; all may do all where absent. */
  users: ReadonlyMap<string, 'all' | 'nothing'> | undefined
  /** Resources that nobody may see. */
  readonly forbidden = new Set<string>()
  /** Bytes that are written at once; as they come where absent. */
  pieceBytes: number | undefined
  readonly #server: Server
  readonly #objects = new Map<string, Map<string, KubernetesObject>>()
  readonly #changes: Change[] = []
  readonly #watchers = new Set<Watcher>()
  readonly #pages = new Map<string, readonly KubernetesObject[]>()
  #version = 100
  #oldest = 1

  private constructor() {
    this.#server = createServer((request, response) => void this.#serve(request, response))
  }

  static async start(): Promise<KubernetesApi> {
    const api = new KubernetesApi()
    api.#server.listen(0, '127.0.0.1')
    await once(api.#server, 'listening')
    return api
  }

  get url(): URL {
    return new URL(`http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`)
  }

  /** Watches that are open. */
  get watches(): number {
    return this.#watchers.size
  }

  /** An object as it is now. */
  find(resource: Resource, name: string, namespace?: string): KubernetesObject | undefined {
    return this.#all(pathOf(resource)).get(`${namespace ?? ''}/${name}`)
  }

  /** All objects of a resource. */
  all(resource: Resource): KubernetesObject[] {
    return [...this.#all(pathOf(resource)).values()]
  }

  /** Makes an object, or changes it. */
  put(resource: Resource, wish: ObjectWish): KubernetesObject {
    const { namespace, name } = wish.metadata
    const all = this.#all(pathOf(resource))
    const key = `${namespace ?? ''}/${name}`
    const before = all.get(key)
    const uid = before?.metadata.uid ?? randomUUID()
    const object = { ...wish, metadata: { uid, ...wish.metadata, resourceVersion: String(++this.#version) } }
    all.set(key, object)
    this.#tell({ path: pathOf(resource), type: before === undefined ? 'ADDED' : 'MODIFIED', object, before })
    return object
  }

  /** Removes an object. */
  remove(resource: Resource, name: string, namespace?: string): void {
    const all = this.#all(pathOf(resource))
    const before = all.get(`${namespace ?? ''}/${name}`)
    if (before === undefined) throw new Error(`there is no ${resource.name} ${name}`)
    all.delete(`${namespace ?? ''}/${name}`)
    const metadata = { ...before.metadata, resourceVersion: String(++this.#version) }
    this.#tell({ path: pathOf(resource), type: 'DELETED', object: { ...before, metadata }, before })
  }

  /** Forgets what was before now: older versions and pages are expired. */
  compact(): void {
    this.#oldest = this.#version
    this.#pages.clear()
  }

  /** Says to all who watch up to which version they have been told. */
  bookmark(): void {
    for (const watcher of this.#watchers) {
      if (watcher.query.get('allowWatchBookmarks') === 'true')
        this.#write(watcher, bookmarkFrame(watcher, this.#version))
    }
  }

  /** Writes text into all watches, as it is. */
  writeToWatches(text: string): void {
    for (const { response } of this.#watchers) response.write(text)
  }

  /** Ends all watches: as a server does when their time is up, or without a word. */
  endWatches(how: 'politely' | 'abruptly'): void {
    for (const { response } of this.#watchers) {
      if (how === 'politely') response.end()
      else response.destroy()
    }
    this.#watchers.clear()
  }

  /** Lets all watches hang: nothing more is told to them, and they stay open. */
  silenceWatches(): void {
    this.#watchers.clear()
  }

  /** Closes all connections without a word. */
  dropConnections(): void {
    this.#server.closeAllConnections()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #all(path: string): Map<string, KubernetesObject> {
    const all = this.#objects.get(path) ?? new Map<string, KubernetesObject>()
    this.#objects.set(path, all)
    return all
  }

  #tell(change: Change): void {
    this.#changes.push(change)
    for (const watcher of this.#watchers) this.#tellOne(watcher, change)
  }

  /** Of what begins or ceases to be selected a watch is told as of something that comes or goes. */
  #tellOne(watcher: Watcher, { path, type, object, before }: Change): void {
    if (collectionOf(watcher.path).path !== path) return
    const is = type !== 'DELETED' && isSelected(watcher, object)
    const was = before !== undefined && isSelected(watcher, before)
    if (!is && !was) return
    const seen = is ? (was ? 'MODIFIED' : 'ADDED') : 'DELETED'
    this.#writeObject(watcher, seen, object)
  }

  #writeObject(watcher: Watcher, type: string, object: KubernetesObject): void {
    const told = objectAs(watcher.form, object, watcher.told++ === 0)
    this.#write(watcher, `${JSON.stringify({ type, object: told })}\n`)
  }

  #write({ response }: Watcher, text: string): void {
    this.#writePieces(response, Buffer.from(text))
  }

  #writePieces(response: ServerResponse, bytes: Buffer): void {
    const size = this.pieceBytes ?? bytes.length
    for (let from = 0; from < bytes.length; from += size) response.write(bytes.subarray(from, from + size))
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = Buffer.concat((await incoming.toArray()) as Buffer[]).toString()
    const url = new URL(incoming.url ?? '/', this.url)
    const request = {
      method: incoming.method ?? '',
      path: url.pathname,
      query: url.searchParams,
      authorization: incoming.headers.authorization ?? '',
      form: askedForm(incoming.headers.accept),
      at: performance.now(),
    }
    this.requests.push(request)
    this.open++
    response.once('close', () => this.open--)
    if (this.intercept(request, response, body)) return
    const rights = this.users === undefined ? 'all' : this.users.get(request.authorization)
    if (rights === undefined) return answerStatus(response, 401, 'Unauthorized', 'Unauthorized')
    const { resource, name } = collectionOf(request.path)
    const verb = verbOf(request, name)
    if (rights === 'nothing' || this.forbidden.has(resource)) {
      const who = `User "reader" cannot ${verb} resource "${resource}" in API group "${groupOf(request.path)}"`
      const message = `${resource} is forbidden: ${who} at the cluster scope`
      return answerStatus(response, 403, 'Forbidden', message, { more: { details: { kind: resource } } })
    }
    if (verb === 'watch') this.#watch(request, response)
    else if (verb === 'list') this.#list(request, response)
    else this.#object(request, response, body)
  }

  #list(request: ApiRequest, response: ServerResponse): void {
    const { query } = request
    const limit = Number(query.get('limit') ?? '0')
    const token = query.get('continue')
    const { rv, start } =
      token === null
        ? { rv: this.#version, start: 0 }
        : (JSON.parse(atob(token)) as { rv: number; start: number })
    const key = `${request.path} ${rv}`
    const all = token === null ? this.#selected(request) : this.#pages.get(key)
    if (all === undefined) {
      // It offers to go on from there in the state of now: the pages would not fit together.
      const metadata = { continue: btoa(JSON.stringify({ v: 'meta.k8s.io/v1', rv: -1, start })) }
      return answerStatus(response, 410, 'Expired', expiredPage, { more: { metadata } })
    }
    const end = limit > 0 ? Math.min(all.length, start + limit) : all.length
    const metadata: Record<string, unknown> = { resourceVersion: String(rv) }
    if (end < all.length) {
      this.#pages.set(key, all)
      metadata['continue'] = btoa(JSON.stringify({ v: 'meta.k8s.io/v1', rv, start: end }))
      metadata['remainingItemCount'] = all.length - end
    }
    response.writeHead(200, { 'Content-Type': 'application/json' })
    const list = listAs(request.form, metadata, all.slice(start, end))
    this.#writePieces(response, Buffer.from(JSON.stringify(list)))
    response.end()
  }

  #selected({ path, query }: Pick<ApiRequest, 'path' | 'query'>): KubernetesObject[] {
    const all = [...this.#all(collectionOf(path).path).values()]
    return all.filter((object) => isSelected({ path, query }, object))
  }

  #watch(request: ApiRequest, response: ServerResponse): void {
    const { path, query, form } = request
    const streams = query.get('sendInitialEvents') === 'true'
    if (streams && this.streamingLists === 'invalid')
      return answerStatus(response, 422, 'Invalid', 'sendInitialEvents: Forbidden: it is not known')
    response.writeHead(200, { 'Content-Type': 'application/json' })
    response.flushHeaders()
    const watcher = { path, query, form, response, told: 0 }
    if (streams && this.streamingLists === 'without_progress') {
      response.end(errorFrame(500, 'InternalError', withoutProgress))
      return
    }
    const from = Number(query.get('resourceVersion') ?? '0')
    if (from > 0 && from < this.#oldest) {
      response.end(errorFrame(410, 'Expired', `too old resource version: ${from} (${this.#oldest})`))
      return
    }
    if (from === 0) {
      for (const object of this.#selected(request)) this.#writeObject(watcher, 'ADDED', object)
      if (streams) this.#write(watcher, bookmarkFrame(watcher, this.#version, true))
    } else {
      for (const change of this.#changes)
        if (Number(change.object.metadata.resourceVersion) > from) this.#tellOne(watcher, change)
    }
    this.#watchers.add(watcher)
    response.on('close', () => this.#watchers.delete(watcher))
  }

  #object(request: ApiRequest, response: ServerResponse, body: string): void {
    const { resource, name, path, namespace } = collectionOf(request.path)
    const key = (of: string): string => `${namespace ?? ''}/${of}`
    if (request.method === 'GET') {
      const object = this.#all(path).get(key(name ?? ''))
      if (object !== undefined) return answerJson(response, 200, object)
      return answerStatus(response, 404, 'NotFound', `${resource} "${name}" not found`)
    }
    const wish = JSON.parse(body) as KubernetesObject
    const place = namespace === undefined ? {} : { namespace }
    const before = this.#all(path).get(key(wish.metadata.name))
    if (request.method === 'POST' && before !== undefined)
      return answerStatus(
        response,
        409,
        'AlreadyExists',
        `${resource} "${wish.metadata.name}" already exists`,
      )
    if (request.method === 'PUT' && before?.metadata.resourceVersion !== wish.metadata.resourceVersion)
      return answerStatus(
        response,
        409,
        'Conflict',
        `Operation cannot be fulfilled on ${resource} "${wish.metadata.name}": ${modified}`,
      )
    const made = this.put(resourceOf(request.path), { ...wish, metadata: { ...wish.metadata, ...place } })
    answerJson(response, request.method === 'POST' ? 201 : 200, made)
  }
}

const expiredPage =
  'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.'
const modified = 'the object has been modified; please apply your changes to the latest version and try again'
const withoutProgress =
  'a watch stream was requested by the client but the required storage feature RequestWatchProgress is disabled'

function verbOf({ method, query }: ApiRequest, name: string | undefined): string {
  if (method === 'POST') return 'create'
  if (method === 'PUT') return 'update'
  if (name !== undefined) return 'get'
  return query.get('watch') === 'true' ? 'watch' : 'list'
}

interface Collection {
  /** Of the resource in all namespaces. */
  readonly path: string
  readonly resource: string
  readonly namespace: string | undefined
  readonly name: string | undefined
}

/** What a path is about: `/api/v1/namespaces/a/pods/x`. */
function collectionOf(path: string): Collection {
  const parts = path.split('/').slice(1)
  const root = parts.splice(0, parts[0] === 'api' ? 2 : 3)
  const namespaced = parts[0] === 'namespaces' && parts.length > 2
  const namespace = namespaced ? parts[1] : undefined
  const [resource = '', name] = namespaced ? parts.slice(2) : parts
  return { path: `/${[...root, resource].join('/')}`, resource, namespace, name }
}

function groupOf(path: string): string {
  return path.startsWith('/apis/') ? (path.split('/')[2] ?? '') : ''
}

function resourceOf(path: string): Resource {
  const { resource, namespace, path: all } = collectionOf(path)
  return {
    group: groupOf(path),
    version: all.split('/').at(-2) ?? '',
    name: resource,
    namespaced: namespace !== undefined,
  }
}

function isSelected({ path, query }: Pick<Watcher, 'path' | 'query'>, object: KubernetesObject): boolean {
  const { namespace } = collectionOf(path)
  if (namespace !== undefined && object.metadata.namespace !== namespace) return false
  return matchesSelectors(object, query.get('labelSelector') ?? '', query.get('fieldSelector') ?? '')
}

function bookmarkFrame({ form }: Watcher, version: number, endsInitialEvents = false): string {
  const annotations = endsInitialEvents ? { annotations: { 'k8s.io/initial-events-end': 'true' } } : {}
  const metadata = { name: '', uid: '', resourceVersion: String(version), ...annotations }
  const object = objectAs(form, { kind: 'Object', apiVersion: 'v1', metadata }, false)
  return `${JSON.stringify({ type: 'BOOKMARK', object })}\n`
}

function errorFrame(code: number, reason: string, message: string): string {
  return `${JSON.stringify({ type: 'ERROR', object: statusObject(code, reason, message) })}\n`
}

/** A `Status` as the server writes it. */
export function statusObject(code: number, reason: string, message: string, more: object = {}): object {
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, ...more, code }
}

/** Answers a request with a `Status`. */
export function answerStatus(
  response: ServerResponse,
  code: number,
  reason: string,
  message: string,
  { more = {}, headers = {} }: { more?: object; headers?: Readonly<Record<string, string>> } = {},
): void {
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
  answerJson(response, code, statusObject(code, reason, message, more))
}

function answerJson(response: ServerResponse, code: number, object: object): void {
  response.writeHead(code, { 'Content-Type': 'application/json' })
  response.end(`${JSON.stringify(object)}\n`)
}
