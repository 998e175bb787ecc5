import type { Subscribed, Watches } from '#src/kubernetes/watches.ts'
import type { Logger } from '#src/telemetry/logger.ts'
import type { ResourceState } from '../resource-state.ts'
import type { StateResource } from '../state-resource.ts'
import { isAbout, stateOf, type CustomResource, type Unreadable } from './custom-resource.ts'
import {
  customResourceDefinitions,
  definitionOf,
  type CustomDefinition,
  type ServedKind,
} from './definitions.ts'

/** Who is told of what happens to custom resources. */
export interface CustomEvents {
  /** Makes the state of a resource that has come. It is started then. */
  state(resource: StateResource): ResourceState
  /** Its resource has gone, or is told otherwise from now on: its series end. */
  ended(state: ResourceState): void
  /** Definitions cannot be told for now. What is known of them holds. */
  trouble(message: string): void
  recovered(): void
}

/** The states of custom resources: they come and go with their definitions in the cluster. */
export class CustomStates {
  readonly #resources: readonly CustomResource[]
  readonly #logger: Logger
  readonly #events: CustomEvents
  readonly #definitions = new Map<string, CustomDefinition>()
  readonly #states = new Map<string, ResourceState>()
  #watches: Watches | undefined
  #subscribed: Subscribed<CustomDefinition> | undefined

  constructor(resources: readonly CustomResource[], logger: Logger, events: CustomEvents) {
    this.#resources = resources
    this.#logger = logger
    this.#events = events
  }

  /** The states of what the cluster has now. */
  get states(): ResourceState[] {
    return [...this.#states.values()]
  }

  /** Begins to watch the definitions, and what they define. */
  start(watches: Watches): void {
    if (this.#resources.length === 0) return
    this.#watches = watches
    this.#subscribed = watches.subscribe<CustomDefinition>({
      scope: { resource: customResourceDefinitions },
      projection: definitionOf,
      set: (definition) => {
        this.#definitions.set(definition.name, definition)
        this.#reconcile()
      },
      deleted: (definition) => {
        // One of the same name may have taken its place before it was told that it is gone.
        if (this.#definitions.get(definition.name) !== definition) return
        this.#definitions.delete(definition.name)
        this.#reconcile()
      },
      synced: () => this.#tellAbsent(),
      trouble: ({ message }) => this.#events.trouble(message),
      recovered: () => this.#events.recovered(),
    })
  }

  /** Ends all series, and whatever is watched. */
  end(): void {
    for (const state of this.#states.values()) this.#events.ended(state)
    this.#states.clear()
    this.stop()
  }

  /** Ends whatever is watched, and leaves series to others. */
  stop(): void {
    this.#subscribed?.close()
    for (const state of this.#states.values()) state.stop()
    this.#states.clear()
  }

  /** Begins and ends states as the definitions want it. */
  #reconcile(): void {
    const wanted = new Map<string, ServedKind>()
    for (const { served } of this.#definitions.values()) {
      for (const each of served) if (this.#about(each).length > 0) wanted.set(JSON.stringify(each), each)
    }
    for (const [key, state] of this.#states) {
      if (wanted.has(key)) continue
      this.#states.delete(key)
      this.#events.ended(state)
    }
    for (const [key, served] of wanted) {
      if (this.#states.has(key) || this.#watches === undefined) continue
      const resource = stateOf(served, this.#about(served), (unreadable) => this.#complain(unreadable))
      const state = this.#events.state(resource)
      this.#states.set(key, state)
      state.start(this.#watches)
    }
  }

  #about(served: ServedKind): CustomResource[] {
    return this.#resources.filter((resource) => isAbout(resource, served))
  }

  #tellAbsent(): void {
    const served = [...this.#definitions.values()].flatMap((definition) => definition.served)
    for (const resource of this.#resources) {
      if (served.some((each) => isAbout(resource, each))) continue
      const { group, version, kind } = resource
      this.#logger.info('a custom resource is not in the cluster: it is told once it is', {
        group,
        version,
        kind,
      })
    }
  }

  #complain({ metric, object, problem, matters }: Unreadable): void {
    const { name, namespace } = object.metadata
    this.#logger[matters ? 'warn' : 'debug']('a value of a custom resource cannot be told', {
      metric,
      name,
      ...(namespace === undefined ? {} : { namespace }),
      problem,
    })
  }
}
