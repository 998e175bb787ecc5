import type { Logger } from '#src/telemetry/logger.ts'
import type { ApiClient } from './api-client.ts'
import type { WatchTotals } from './api-statistics.ts'
import { ObjectCache, type CacheListener, type Projection } from './object-cache.ts'
import { Reflector } from './reflector.ts'
import { resourceName, scopeKey, type Scope } from './resource.ts'
import type { Trouble } from './retry.ts'

/** What somebody wants to know of objects. */
export interface Subscription<Kept> {
  readonly scope: Scope
  /** What is kept of an object. Give the same function for the same use: watches are shared by it. */
  readonly projection: Projection<Kept>
  /** An object is there, or has changed. */
  set?(kept: Kept, before: Kept | undefined): void
  /** An object is gone; this is what was kept of it. */
  deleted?(kept: Kept): void
  /** All objects are known, for the first time. Told later than the call that subscribes. */
  synced?(): void
  /** They cannot be told for now; what is known stays. */
  trouble?(trouble: Trouble): void
  /** They can again. */
  recovered?(): void
}

/** A subscription that runs. */
export interface Subscribed<Kept> {
  /** What is kept of all objects now. */
  objects(): Iterable<Kept>
  /** Whether all objects are known, if not as of now. */
  readonly synced: boolean
  /** Since when they could not be told, on the monotonic clock; undefined while they can. */
  readonly failingSince: number | undefined
  /** Nothing is told any more. */
  close(): void
}

/** The watches of one cluster. However many want the same objects, the server tells them once. */
export class Watches {
  readonly #api: ApiClient
  readonly #logger: Logger
  readonly #random: () => number
  readonly #watches = new Map<string, SharedWatch>()

  constructor(api: ApiClient, logger: Logger, random: () => number = Math.random) {
    this.#api = api
    this.#logger = logger
    this.#random = random
  }

  /** Begins to tell of objects; those that are known already are told within the call. */
  subscribe<Kept>(subscription: Subscription<Kept>): Subscribed<Kept> {
    const key = scopeKey(subscription.scope)
    let watch = this.#watches.get(key)
    if (watch === undefined) {
      watch = new SharedWatch(this.#api, subscription.scope, this.#logger, this.#random)
      this.#watches.set(key, watch)
    } else this.#api.statistics.sharedWatches++
    const shared = watch
    return shared.add(subscription, () => {
      if (this.#watches.get(key) === shared) this.#watches.delete(key)
    }) as Subscribed<Kept>
  }
}

interface Member {
  readonly subscription: Subscription<unknown>
  synced: boolean
}

/** One watch for all who want the objects of a scope. */
class SharedWatch {
  readonly #api: ApiClient
  readonly #logger: Logger
  readonly #scope: Scope
  readonly #totals: WatchTotals
  readonly #cache: ObjectCache
  readonly #reflector: Reflector
  readonly #members = new Set<Member>()
  #failingSince: number | undefined

  constructor(api: ApiClient, scope: Scope, logger: Logger, random: () => number) {
    this.#api = api
    this.#scope = scope
    this.#logger = logger
    this.#totals = api.statistics.watch(resourceName(scope.resource), scope.namespace)
    this.#cache = new ObjectCache(this.#totals, (error) =>
      this.#logger.error(`an object of ${this.#totals.resource} could not be used`, { error }),
    )
    this.#reflector = new Reflector({
      api,
      scope,
      random,
      totals: this.#totals,
      sink: {
        restart: () => this.#cache.restart(),
        set: (object) => this.#cache.set(object),
        delete: (object) => this.#cache.delete(object),
        complete: () => this.#complete(),
      },
      events: { trouble: (trouble) => this.#trouble(trouble), recovered: () => this.#recovered() },
    })
  }

  add(subscription: Subscription<unknown>, onEmpty: () => void): Subscribed<unknown> {
    const { projection } = subscription
    const listener: CacheListener<unknown> = {
      set: (kept, before) => subscription.set?.(kept, before),
      deleted: (kept) => subscription.deleted?.(kept),
    }
    const member: Member = { subscription, synced: false }
    this.#members.add(member)
    const isNew = this.#cache.listen(projection, listener)
    if (this.#members.size === 1) this.#reflector.start()
    else if (isNew) this.#reflector.relist()
    else this.#catchUp(member)
    const close = (): void => {
      if (!this.#members.delete(member)) return
      this.#cache.unlisten(projection, listener)
      if (this.#members.size > 0) return
      onEmpty()
      this.#api.statistics.watches.delete(this.#totals)
      void this.#reflector.stop()
    }
    return this.#handle(member, close)
  }

  #handle(member: Member, close: () => void): Subscribed<unknown> {
    const failingSince = (): number | undefined => this.#failingSince
    return {
      objects: () => this.#cache.values(member.subscription.projection),
      get synced() {
        return member.synced
      },
      get failingSince() {
        return failingSince()
      },
      close,
    }
  }

  /** Tells what is known already to one whose projection others have too. */
  #catchUp(member: Member): void {
    const { subscription } = member
    for (const kept of this.#cache.values(subscription.projection)) subscription.set?.(kept, undefined)
    const projection = subscription.projection
    const others = [...this.#members].filter((other) => other !== member)
    if (!others.some((other) => other.synced && other.subscription.projection === projection)) return
    queueMicrotask(() => {
      if (this.#members.has(member)) this.#sync(member)
    })
  }

  #complete(): void {
    this.#cache.complete()
    for (const member of this.#members) this.#sync(member)
  }

  #sync(member: Member): void {
    if (member.synced) return
    member.synced = true
    member.subscription.synced?.()
  }

  #trouble(trouble: Trouble): void {
    this.#failingSince ??= this.#api.clock.monotonic()
    this.#logger.warn(`${this.#totals.resource} cannot be watched for now`, {
      error: trouble.message,
      retryInSeconds: Math.ceil(trouble.delayMs / 100) / 10,
      ...(this.#scope.namespace === undefined ? {} : { namespace: this.#scope.namespace }),
    })
    for (const { subscription } of this.#members) subscription.trouble?.(trouble)
  }

  #recovered(): void {
    this.#failingSince = undefined
    this.#logger.info(`${this.#totals.resource} is watched again`)
    for (const { subscription } of this.#members) subscription.recovered?.()
  }
}
