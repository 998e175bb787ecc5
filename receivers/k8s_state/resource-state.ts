import type { KubernetesObject } from '#src/kubernetes/object.ts'
import { pathOf, type Resource } from '#src/kubernetes/resource.ts'
import { isInShard, type Shard } from '#src/kubernetes/shard.ts'
import type { Subscribed, Watches } from '#src/kubernetes/watches.ts'
import type { Batch } from '#src/model/batch.ts'
import { Source } from '#src/model/source.ts'
import type { FactsOptions } from '#src/naming/facts.ts'
import type { LabelOptions } from './label-families.ts'
import { ObjectRecorder, type RecordedObject } from './object-recorder.ts'
import { ObjectTable } from './object-table.ts'
import type { StateResource, Tally } from './state-resource.ts'

/** Which objects of the resources are told, and how. */
export interface StateSettings {
  readonly receiver: string
  readonly facts: FactsOptions
  /** Of a resource, by its name. */
  labels(resource: string): LabelOptions
  /** All where empty. */
  readonly namespaces: readonly string[]
  readonly excludedNamespaces: ReadonlySet<string>
  /** Which of the objects; all where absent. */
  readonly shard: Shard | undefined
}

/** Who is told of what happens to a state. */
export interface StateEvents {
  /** All objects are known: for the first time, or again after they were not told any more. */
  known(): void
  /** There is something that the last batches did not say. */
  changed(): void
  trouble(message: string): void
  recovered(): void
  /** An object could not be recorded; what it was before stands. */
  failed(object: KubernetesObject, error: unknown): void
}

/** An object on its way from the watch to its samples. */
interface Tracked {
  /** Until it is recorded. */
  object: KubernetesObject | undefined
  recorded: RecordedObject | undefined
  /** What a tally keeps of it. */
  tallied?: number
}

/** The state of all objects of one resource, as series. */
export class ResourceState {
  readonly source: Source
  readonly resource: Resource
  readonly #resource: StateResource
  readonly #settings: StateSettings
  readonly #events: StateEvents
  readonly #table: ObjectTable
  readonly #recorder: ObjectRecorder
  readonly #tally: Tally | undefined
  #watches: readonly Subscribed<Tracked>[] = []
  /** Whether all series were ended because the state is too old. */
  #isWithdrawn = false
  #reason: string | undefined
  #objects = 0

  constructor(resource: StateResource, settings: StateSettings, events: StateEvents) {
    this.resource = resource.resource
    const { custom } = resource
    this.source = new Source(settings.receiver, custom === true ? pathOf(this.resource) : this.resource.name)
    this.#resource = resource
    this.#settings = settings
    this.#events = events
    this.#table = new ObjectTable(this.source, { shared: custom === true })
    this.#recorder = new ObjectRecorder(resource, this.#table, {
      facts: custom === true ? { ...settings.facts, vocabularies: ['prometheus'] } : settings.facts,
      labels: settings.labels(this.resource.name),
    })
    this.#tally = resource.tally?.({
      record: (object, before) => this.#recorder.record(object, before),
      forget: ({ slots }) => this.#table.remove(slots),
    })
  }

  /** Samples left out because their object had shown the series before. */
  get duplicates(): number {
    return this.#table.duplicates
  }

  /** Objects that are told. */
  get objects(): number {
    return this.#objects
  }

  /** Why it is not told as of now; undefined while it is. */
  get reason(): string | undefined {
    return this.#reason
  }

  /** Whether all objects are known. */
  get synced(): boolean {
    return this.#watches.length > 0 && this.#watches.every(({ synced }) => synced)
  }

  /** Begins to watch. */
  start(watches: Watches): void {
    const { resource, form } = this.#resource
    const { namespaces } = this.#settings
    const places = resource.namespaced && namespaces.length > 0 ? namespaces : [undefined]
    const projection = (object: KubernetesObject): Tracked | undefined =>
      this.#wants(object) ? { object, recorded: undefined } : undefined
    this.#watches = places.map((namespace) =>
      watches.subscribe<Tracked>({
        scope: { resource, namespace, form },
        projection,
        set: (tracked, before) => this.#record(tracked, before),
        deleted: ({ recorded }) => {
          this.#objects--
          this.#table.remove(recorded?.slots ?? [])
          this.#events.changed()
        },
        synced: () => {
          if (this.synced) this.#events.known()
        },
        trouble: ({ reason, message }) => {
          this.#reason = reason
          this.#events.trouble(message)
        },
        recovered: () => {
          this.#reason = undefined
          this.#events.recovered()
          if (this.#isWithdrawn) this.#events.known()
        },
      }),
    )
  }

  /**
   * All that is known as of a time, once everything is.
   *
   * @param notSince the monotonic time since which the API server must have been heard of
   */
  all(time: number, notSince: number): Batch[] {
    if (!this.synced) return []
    if (this.#watches.some(({ failingSince = Infinity }) => failingSince < notSince))
      return this.#withdraw(time)
    this.#isWithdrawn = false
    return this.#table.all(time)
  }

  /** What has changed since the last batches. */
  changes(time: number): Batch[] {
    return this.synced && !this.#isWithdrawn && this.#table.changed ? this.#table.changes(time) : []
  }

  /** Ends all that was told: its resource is gone. */
  end(time: number): Batch[] {
    return this.#withdraw(time)
  }

  stop(): void {
    for (const watch of this.#watches) watch.close()
    this.#watches = []
    this.#table.dispose()
  }

  #withdraw(time: number): Batch[] {
    if (this.#isWithdrawn) return []
    this.#isWithdrawn = true
    return this.#table.markers(time)
  }

  #wants(object: KubernetesObject): boolean {
    const { metadata } = object
    const { excludedNamespaces, namespaces, shard } = this.#settings
    const isNamespace = this.#resource.resource.name === 'namespaces'
    const namespace = isNamespace ? metadata.name : metadata.namespace
    if (namespace !== undefined && excludedNamespaces.has(namespace)) return false
    if (isNamespace && namespaces.length > 0 && !namespaces.includes(metadata.name)) return false
    return shard === undefined || isInShard(this.#tally?.keyOf(object) ?? metadata.uid, shard)
  }

  #record(tracked: Tracked, before: Tracked | undefined): void {
    const { object } = tracked
    if (object === undefined) return
    if (before === undefined) this.#objects++
    tracked.object = undefined
    tracked.recorded = before?.recorded
    try {
      if (this.#tally === undefined) tracked.recorded = this.#recorder.record(object, before?.recorded)
      else tracked.tallied = this.#tally.add(object, before?.tallied, this.synced)
    } catch (error) {
      this.#events.failed(object, error)
    }
    if (this.#table.changed) this.#events.changed()
  }
}
