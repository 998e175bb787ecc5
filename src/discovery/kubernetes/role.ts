import type { KubernetesObject } from '#src/kubernetes/object.ts'
import type { Resource } from '#src/kubernetes/resource.ts'
import type { DiscoveredLabels } from '../discovery.ts'

/** What is kept of any object. */
export interface ObjectFacts {
  /** Its name, with its namespace before it where it is in one: `namespace/name`. */
  readonly key: string
}

/** Objects that are watched, and what is kept of each. There is one such value a resource, so that watches are shared. */
export interface Watched<Facts extends ObjectFacts = ObjectFacts> {
  readonly resource: Resource
  readonly facts: (object: KubernetesObject) => Facts
}

/** What can be attached to targets beside what the role itself says. */
export type Attachable = 'node' | 'namespace' | 'deployment' | 'job' | 'cronjob'

/** What is attached. */
export type Attached = Readonly<Record<Attachable, boolean>>

/** What targets of an object are made from beside it. */
export interface OtherObjects {
  readonly attached: Attached
  /**
   * Another object, as it is known now; undefined where it is not there, or not watched. When it comes, changes or goes, the
   * targets that were made with an eye on it are made anew.
   */
  find<Facts extends ObjectFacts>(watched: Watched<Facts>, key: string): Facts | undefined
}

/** A way to make targets of objects of one resource. */
export interface Role<Facts extends ObjectFacts = ObjectFacts> {
  readonly objects: Watched<Facts>
  /** What is watched beside in any case. */
  readonly others: readonly Watched[]
  /** What has an effect where it is to be attached. */
  readonly attachable: readonly Attachable[]
  /** The roles whose objects selectors may name. */
  readonly selectable: readonly string[]
  /** The targets of an object. */
  targets(object: Facts, others: OtherObjects): DiscoveredLabels[]
}

/** The key of an object in a namespace. */
export function keyOf(namespace: string, name: string): string {
  return `${namespace}/${name}`
}
