import { count, type WatchTotals } from './api-statistics.ts'
import type { KubernetesObject } from './object.ts'
import type { ObjectSink } from './reflector.ts'

/**
 * What is kept of objects: a function from an object to that part of it which is used. What it returns is all that stays in
 * memory; undefined keeps nothing. The same function, by reference, is the same projection.
 */
export type Projection<Kept> = (object: KubernetesObject) => Kept | undefined

/** Who is told of what changes. */
export interface CacheListener<Kept> {
  set(kept: Kept, before: Kept | undefined): void
  deleted(kept: Kept): void
}

interface Entry {
  version: string
  /** The list that had it last. */
  generation: number
  /** What is kept, by projection; a projection that keeps nothing of it is absent. */
  readonly kept: Map<Projection<unknown>, unknown>
}

interface View {
  readonly projection: Projection<unknown>
  readonly listeners: Set<CacheListener<unknown>>
}

/** The objects of one scope by uid, reduced to what is used of them. */
export class ObjectCache implements ObjectSink {
  readonly #entries = new Map<string, Entry>()
  readonly #views = new Map<Projection<unknown>, View>()
  readonly #totals: WatchTotals
  readonly #onError: (error: unknown) => void
  #generation = 0

  constructor(totals: WatchTotals, onError: (error: unknown) => void) {
    this.#totals = totals
    this.#onError = onError
  }

  /** Objects of which anything is kept. */
  get size(): number {
    return this.#entries.size
  }

  /**
   * Adds a listener.
   *
   * @returns whether the projection is new, so that objects must come again for it
   */
  listen(projection: Projection<unknown>, listener: CacheListener<unknown>): boolean {
    const view = this.#views.get(projection)
    if (view !== undefined) {
      view.listeners.add(listener)
      return false
    }
    this.#views.set(projection, { projection, listeners: new Set([listener]) })
    return true
  }

  /** Takes a listener out. What was kept for him alone is let go. */
  unlisten(projection: Projection<unknown>, listener: CacheListener<unknown>): void {
    const view = this.#views.get(projection)
    view?.listeners.delete(listener)
    if (view === undefined || view.listeners.size > 0) return
    this.#views.delete(projection)
    for (const [uid, entry] of this.#entries) {
      entry.kept.delete(projection)
      if (entry.kept.size === 0) this.#entries.delete(uid)
    }
    this.#totals.objects = this.#entries.size
  }

  /** What is kept of all objects by a projection. */
  *values(projection: Projection<unknown>): Generator {
    for (const { kept } of this.#entries.values()) {
      const value = kept.get(projection)
      if (value !== undefined) yield value
    }
  }

  restart(): void {
    this.#generation++
  }

  set(object: KubernetesObject): void {
    const { uid, resourceVersion } = object.metadata
    const entry = this.#entries.get(uid)
    const isNew = entry === undefined
    const { version, kept } = entry ?? { version: undefined, kept: new Map<Projection<unknown>, unknown>() }
    const isSame = version === resourceVersion
    for (const view of this.#views.values()) {
      // The same version again tells nothing new but to who came since.
      if (!isSame || !kept.has(view.projection)) this.#project(view, object, kept)
    }
    if (kept.size === 0) {
      this.#entries.delete(uid)
    } else if (isNew) {
      this.#entries.set(uid, { version: resourceVersion, generation: this.#generation, kept })
    } else {
      entry.version = resourceVersion
      entry.generation = this.#generation
    }
    if (!isSame && (kept.size > 0 || !isNew)) count(this.#totals.events, isNew ? 'added' : 'modified')
    this.#totals.objects = this.#entries.size
  }

  delete(object: KubernetesObject): void {
    const entry = this.#entries.get(object.metadata.uid)
    if (entry !== undefined) this.#remove(object.metadata.uid, entry)
  }

  complete(): void {
    for (const [uid, entry] of this.#entries) {
      if (entry.generation !== this.#generation) this.#remove(uid, entry)
    }
  }

  #remove(uid: string, { kept }: Entry): void {
    this.#entries.delete(uid)
    this.#totals.objects = this.#entries.size
    count(this.#totals.events, 'deleted')
    for (const [projection, value] of kept) {
      for (const listener of this.#views.get(projection)?.listeners ?? []) listener.deleted(value)
    }
  }

  /** Brings what a projection keeps of an object up to date, and tells who listens. What fails does so for this one alone. */
  #project(
    { projection, listeners }: View,
    object: KubernetesObject,
    kept: Map<Projection<unknown>, unknown>,
  ): void {
    const before = kept.get(projection)
    try {
      const after = projection(object)
      if (after === undefined) kept.delete(projection)
      else kept.set(projection, after)
      for (const listener of listeners) {
        if (after !== undefined) listener.set(after, before)
        else if (before !== undefined) listener.deleted(before)
      }
    } catch (error) {
      this.#onError(error)
    }
  }
}
