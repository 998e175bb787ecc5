import { isDeepStrictEqual } from 'node:util'
import type { Scope } from '#src/kubernetes/resource.ts'
import type { Subscribed, Watches } from '#src/kubernetes/watches.ts'
import type { DiscoveredLabels } from '../discovery.ts'
import type { Attached, ObjectFacts, OtherObjects, Role, Watched } from './role.ts'
import { watchedObjects } from './watched-scopes.ts'

/** What targets are made of. */
export interface ObjectTargetsSettings {
  readonly role: Role
  readonly attached: Attached
  readonly watches: Watches
  /** Which objects of a resource are wanted. */
  readonly scopeOf: (watched: Watched) => Scope
  /** There may be something to refresh. */
  readonly onChange: () => void
}

/** The objects of a resource that are known, by key. */
interface Known {
  readonly objects: Map<string, ObjectFacts>
  /** Whose targets were made with an eye on an object, whether it is there or not: keys of the role's objects, by its own. */
  readonly askers: Map<string, Set<string>>
  readonly subscribed: Subscribed<ObjectFacts>
}

/** The targets of one object. */
interface Group {
  readonly targets: readonly DiscoveredLabels[]
  /** The sets of askers that it is in, and the keys that they are under. */
  readonly asked: readonly (readonly [known: Known, key: string])[]
}

/**
 * The targets of the objects of one scope. It follows what is watched; when an object changes, its targets are made anew, and
 * those of objects that were made with an eye on it.
 */
export class ObjectTargets implements OtherObjects {
  readonly attached: Attached
  readonly #settings: ObjectTargetsSettings
  readonly #known = new Map<Watched, Known>()
  readonly #groups = new Map<string, Group>()
  /** Keys of objects whose targets are to be made anew. */
  readonly #due = new Set<string>()
  /** The object whose targets are made, and what was asked for meanwhile. */
  #making: { readonly key: string; readonly asked: (readonly [known: Known, key: string])[] } | undefined

  constructor(settings: ObjectTargetsSettings) {
    this.attached = settings.attached
    this.#settings = settings
    for (const watched of watchedObjects(settings.role, settings.attached)) this.#watch(watched)
  }

  /** Whether all objects are known, if not as of now: before, no target is told. */
  get synced(): boolean {
    return this.#known.values().every(({ subscribed }) => subscribed.synced)
  }

  /** Whether targets are to be made anew. */
  get due(): boolean {
    return this.#due.size > 0 && this.synced
  }

  /** All targets, as of the last refresh. Of those that stay the same, the labels are the same ones. */
  targets(): DiscoveredLabels[] {
    return [...this.#groups.values()].flatMap(({ targets }) => targets)
  }

  /**
   * Makes targets anew where something has changed.
   *
   * @param most how many objects it does that for at most
   * @returns whether a target came, went or changed
   */
  refresh(most: number): boolean {
    if (!this.due) return false
    const keys = [...this.#due.values().take(most)]
    for (const key of keys) this.#due.delete(key)
    return keys.map((key) => this.#make(key)).includes(true)
  }

  find<Facts extends ObjectFacts>(watched: Watched<Facts>, key: string): Facts | undefined {
    const known = this.#known.get(watched)
    if (known === undefined) return undefined
    this.#noteAsked(known, key)
    // What is under a resource was made by its own projection.
    return known.objects.get(key) as Facts | undefined
  }

  /** Ends it. */
  close(): void {
    for (const { subscribed } of this.#known.values()) subscribed.close()
  }

  #watch(watched: Watched): void {
    const objects = new Map<string, ObjectFacts>()
    const askers = new Map<string, Set<string>>()
    const isOwn = watched === this.#settings.role.objects
    const changed = (key: string): void => {
      if (isOwn) this.#due.add(key)
      else for (const asker of askers.get(key) ?? []) this.#due.add(asker)
      if (this.due) this.#settings.onChange()
    }
    const subscribed = this.#settings.watches.subscribe({
      scope: this.#settings.scopeOf(watched),
      projection: watched.facts,
      set(facts) {
        const before = objects.get(facts.key)
        objects.set(facts.key, facts)
        if (!isDeepStrictEqual(facts, before)) changed(facts.key)
      },
      deleted(facts) {
        // One of the same name may have taken its place before it was told that it is gone.
        if (objects.get(facts.key) !== facts) return
        objects.delete(facts.key)
        changed(facts.key)
      },
      synced: () => this.#settings.onChange(),
    })
    this.#known.set(watched, { objects, askers, subscribed })
  }

  #noteAsked(known: Known, key: string): void {
    if (this.#making === undefined) return
    const askers = known.askers.get(key) ?? new Set()
    if (askers.has(this.#making.key)) return
    known.askers.set(key, askers.add(this.#making.key))
    this.#making.asked.push([known, key])
  }

  #forgetAsked(key: string): void {
    for (const [{ askers }, asked] of this.#groups.get(key)?.asked ?? []) {
      const all = askers.get(asked)
      all?.delete(key)
      if (all?.size === 0) askers.delete(asked)
    }
  }

  /** @returns whether a target came, went or changed */
  #make(key: string): boolean {
    const { role } = this.#settings
    const known = this.#groups.get(key)?.targets ?? []
    this.#forgetAsked(key)
    const object = this.#known.get(role.objects)?.objects.get(key)
    if (object === undefined) {
      this.#groups.delete(key)
      return known.length > 0
    }
    this.#making = { key, asked: [] }
    const { asked } = this.#making
    const targets = role.targets(object, this).map((labels, index) => sameOr(known[index], labels))
    this.#making = undefined
    this.#groups.set(key, { targets, asked })
    return targets.length !== known.length || targets.some((labels, index) => labels !== known[index])
  }
}

/** The labels that are known, if they are equal to those that were made. */
function sameOr(known: DiscoveredLabels | undefined, made: DiscoveredLabels): DiscoveredLabels {
  return known?.length === made.length && known.every((text, index) => text === made[index]) ? known : made
}
