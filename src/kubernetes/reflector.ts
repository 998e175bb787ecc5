import { ClientError } from '#src/http/client/client-error.ts'
import { Backoff } from '#src/queue/backoff.ts'
import { ApiError } from './api-error.ts'
import { requestLimits, type ApiClient } from './api-client.ts'
import { count, type WatchTotals } from './api-statistics.ts'
import { isOlder, type KubernetesObject } from './object.ts'
import type { Scope } from './resource.ts'
import { retryOf, type Trouble } from './retry.ts'

/** Who keeps what a reflector tells. */
export interface ObjectSink {
  /** A complete state begins to come. Until `complete`, what was known before is still the best that is known. */
  restart(): void
  /** An object as it is now. */
  set(object: KubernetesObject): void
  /** An object is gone. */
  delete(object: KubernetesObject): void
  /** The state is complete: what was not set since `restart` is gone. */
  complete(): void
}

/** What a reflector tells of its work. */
export interface ReflectorEvents {
  /** It cannot do its work for now. */
  trouble(trouble: Trouble): void
  /** It does it again. */
  recovered(): void
}

/** What a reflector works with. */
export interface ReflectorSettings {
  readonly api: ApiClient
  readonly scope: Scope
  readonly sink: ObjectSink
  readonly events: ReflectorEvents
  readonly totals: WatchTotals
  /** From 0 to below 1. */
  readonly random: () => number
}

/** Objects of a page. The server may give more where it has all of them at hand. */
const pageSize = 500
/** A server ends a watch after this long, spread so that not all watches end at once. */
const watchSeconds = { least: 300, most: 600 } as const
/**
 * How long a watch may be silent. The server sends a bookmark about once a minute; one that sent none has until the watch
 * ends. A connection whose other end is gone is found sooner: the kernel asks after 30 s (`SO_KEEPALIVE`).
 */
const silence = { withBookmarksMs: 90_000, graceMs: 15_000 } as const
/** A watch that held so long was a good one: what ends it is no reason to wait. */
const goodWatchMs = 10_000
/** What happens in the best of clusters does not happen so often in a row. */
const routineFailures = 3
const backoff = { initialMs: 500, maxMs: 15_000, multiplier: 2, randomization: 0.9 } as const

/**
 * Keeps a copy of the objects of one scope up to date: it lists them, as a stream where the server can and else in pages, and
 * watches from there; after any failure it goes on from the last version it saw, and lists again where that has expired.
 */
export class Reflector {
  readonly #settings: ReflectorSettings
  readonly #stop = new AbortController()
  #backoff: Backoff
  /** The version up to which all is known. */
  #position: string | undefined
  /** Whether the sink has a complete state, however old. */
  #listed = false
  /** Whether a page was gone before it was asked for: then the list comes as one. */
  #wholeList = false
  #failing = false
  /** Routine failures in a row. */
  #failures = 0
  #current: AbortController | undefined
  #done: Promise<void> | undefined

  constructor(settings: ReflectorSettings) {
    this.#settings = settings
    this.#backoff = new Backoff(backoff, settings.random)
  }

  start(): void {
    this.#done ??= this.#run()
  }

  /** Ends it; nothing is told any more. */
  async stop(): Promise<void> {
    this.#stop.abort(new Error('the watch was stopped'))
    await this.#done
  }

  /** Lists anew: what is wanted of objects has changed. */
  relist(): void {
    this.#position = undefined
    this.#current?.abort(new Relist())
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop
    while (!signal.aborted) {
      const current = new AbortController()
      this.#current = current
      const abort = (): void => current.abort(signal.reason)
      signal.addEventListener('abort', abort)
      try {
        await this.#round(current.signal)
      } catch (error) {
        if (!signal.aborted) await this.#failed(error)
      } finally {
        signal.removeEventListener('abort', abort)
      }
    }
  }

  /** A list where one is needed, and a watch until it ends. */
  async #round(signal: AbortSignal): Promise<void> {
    const { api } = this.#settings
    if (this.#position === undefined && !api.streamsLists) await this.#list(signal)
    await this.#watch(signal)
  }

  async #list(signal: AbortSignal): Promise<void> {
    const { scope, sink, totals } = this.#settings
    totals.lists++
    sink.restart()
    // Of one node, say, the server's own copy does at first: else each of a thousand agents would have it read all from etcd.
    const fromCopy = scope.fieldSelector !== undefined && !this.#listed
    const version = fromCopy ? { resourceVersion: '0' } : {}
    let next: string | undefined
    let resourceVersion: string
    do {
      const page = next === undefined ? version : { continue: next }
      const query = { ...page, limit: this.#wholeList ? undefined : String(pageSize) }
      const meta = await this.#page(query, signal, next !== undefined)
      resourceVersion = meta.resourceVersion
      next = meta.continue
    } while (next !== undefined)
    this.#complete(resourceVersion)
  }

  async #page(
    query: Readonly<Record<string, string | undefined>>,
    signal: AbortSignal,
    isFollowing: boolean,
  ) {
    const { api, scope, sink } = this.#settings
    try {
      return await api.list(scope, query, (object) => sink.set(object), signal)
    } catch (error) {
      if (isFollowing && error instanceof ApiError && error.expired) this.#wholeList = true
      throw error
    }
  }

  #complete(resourceVersion: string): void {
    const { sink, totals } = this.#settings
    sink.complete()
    this.#position = resourceVersion
    this.#listed = true
    this.#wholeList = false
    totals.synced = true
    this.#recovered()
  }

  async #watch(signal: AbortSignal): Promise<void> {
    const { api, scope } = this.#settings
    const watch = new WatchRun(this.#position === undefined, signal)
    const seconds = this.#watchSeconds()
    const query = {
      ...(watch.initial ? streamedList : { resourceVersion: this.#position }),
      allowWatchBookmarks: 'true',
      timeoutSeconds: String(seconds),
    }
    const begun = (): void => {
      watch.since = api.clock.monotonic()
      if (!watch.initial) this.#recovered()
    }
    const events = {
      set: (object: KubernetesObject) => this.#changed(watch, object, 'set'),
      delete: (object: KubernetesObject) => this.#changed(watch, object, 'delete'),
      bookmark: (version: string, ends: boolean) => this.#bookmark(watch, version, ends),
    }
    const silenceMs = (): number => watch.silenceMs(seconds)
    if (watch.initial) this.#begin()
    try {
      await api.watch(scope, query, events, { silenceMs, begun, signal })
    } catch (error) {
      if (watch.initial && !signal.aborted && refusesStream(error)) api.streamsLists = false
      throw watch.initial && error instanceof ApiError && !api.streamsLists ? new NoStream() : error
    } finally {
      if (watch.isGood(api.clock.monotonic())) this.#calm()
    }
    if (watch.initial) {
      throw new ClientError('connection_closed', 'the API server ended a list before it was complete')
    }
    if (!watch.isGood(api.clock.monotonic()))
      throw new ClientError('connection_closed', 'the API server ended a watch as soon as it had begun')
    count(this.#settings.totals.restarts, 'ended')
  }

  /** What failed before is over. */
  #calm(): void {
    this.#backoff = new Backoff(backoff, this.#settings.random)
    this.#failures = 0
  }

  #begin(): void {
    this.#settings.totals.lists++
    this.#settings.sink.restart()
  }

  #changed(watch: WatchRun, object: KubernetesObject, how: 'set' | 'delete'): void {
    const { sink, totals, api } = this.#settings
    const { resourceVersion } = object.metadata
    if (watch.over) return
    if (!watch.initial) {
      // Told before, or overtaken: a stream tells versions in their order.
      if (this.#position !== undefined && isOlder(resourceVersion, this.#position)) {
        count(totals.events, 'ignored')
        return
      }
      this.#position = resourceVersion
      totals.newestEvent = api.clock.now()
    }
    sink[how](object)
  }

  #bookmark(watch: WatchRun, version: string, endsInitialEvents: boolean): void {
    const { totals } = this.#settings
    if (watch.over) return
    count(totals.events, 'bookmark')
    watch.bookmarks++
    if (watch.initial) {
      // Before the end of the list a version says nothing.
      if (!endsInitialEvents) return
      watch.initial = false
      this.#complete(version)
    } else if (this.#position === undefined || !isOlder(version, this.#position)) this.#position = version
  }

  #watchSeconds(): number {
    const { least, most } = watchSeconds
    return Math.round(least + (most - least) * this.#settings.random())
  }

  #recovered(): void {
    if (this.#failing) this.#settings.events.recovered()
    this.#failing = false
  }

  async #failed(error: unknown): Promise<void> {
    const { totals, api, scope, random, events } = this.#settings
    if (error instanceof Relist) return count(totals.restarts, 'new_projection')
    if (error instanceof NoStream) return count(totals.restarts, 'no_streaming_list')
    const retry = retryOf(error, scope.resource, api)
    count(totals.restarts, retry.reason)
    if (retry.relist) this.#position = undefined
    const own = this.#backoff.next()
    // Whoever is told to come back later does so spread over a second more, or a tenth.
    const told =
      retry.afterMs === undefined ? 0 : retry.afterMs + Math.max(1000, retry.afterMs / 10) * random()
    const delayMs = Math.max(own, told)
    if (!retry.isRoutine || ++this.#failures > routineFailures) {
      this.#failing = true
      events.trouble({ ...retry, error, delayMs })
    }
    await this.#sleep(delayMs)
  }

  async #sleep(delayMs: number): Promise<void> {
    const { signal } = this.#stop
    if (signal.aborted) return
    await new Promise<void>((resolve) => {
      const done = (): void => {
        cancel()
        signal.removeEventListener('abort', done)
        resolve()
      }
      const cancel = this.#settings.api.clock.after(delayMs, done)
      signal.addEventListener('abort', done)
    })
  }
}

/** One watch, from its request to its end. */
class WatchRun {
  /** Whether it tells what is there, and not yet what changes. */
  initial: boolean
  bookmarks = 0
  since: number | undefined
  readonly #signal: AbortSignal

  constructor(initial: boolean, signal: AbortSignal) {
    this.initial = initial
    this.#signal = signal
  }

  /** Whether it was given up: what else has come with the last bytes counts no more. */
  get over(): boolean {
    return this.#signal.aborted
  }

  silenceMs(seconds: number): number {
    if (this.since === undefined || this.initial) return requestLimits.silenceMs
    return this.bookmarks > 1 ? silence.withBookmarksMs : seconds * 1000 + silence.graceMs
  }

  isGood(now: number): boolean {
    return this.since !== undefined && now - this.since >= goodWatchMs
  }
}

const streamedList = { sendInitialEvents: 'true', resourceVersionMatch: 'NotOlderThan' } as const

/**
 * Whether an error says that the server tells no list as a stream: 422 and 400 of servers that do not know how, 500 in the
 * stream where etcd is too old for it, and 403 of rules that allow to list, and to watch only by that.
 */
function refusesStream(error: unknown): boolean {
  if (!(error instanceof ApiError)) return false
  if (error.code === 422 || error.code === 400) return true
  return error.code === 500 && error.message.includes('watch stream was requested')
}

class Relist extends Error {}

class NoStream extends Error {}
