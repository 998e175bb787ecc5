import type { KubernetesObject } from '#src/kubernetes/object.ts'
import type { Resource } from '#src/kubernetes/resource.ts'
import type { SeededRandom } from '#src/testing/random.ts'

/** What an object is made of beside its name: `metadata` has what is special to its kind. */
export interface GeneratedBody {
  readonly metadata?: object
  readonly [field: string]: unknown
}

/** How objects of one resource are made up. */
export interface GeneratedKind {
  readonly resource: Resource
  /** Where its objects are, where they would be in the way of others in the common ones. */
  readonly namespace?: string
  /** The name of an object; its kind and number unless there are odder ones. */
  readonly nameOf?: (index: number) => string
  make(random: SeededRandom, name: string): GeneratedBody
  /** Its status, which controllers would write; absent where the resource has none. */
  readonly status?: (random: SeededRandom, object: KubernetesObject) => unknown
  /** The same for what is decided apart from it: requests for certificates have that. */
  readonly approval?: (random: SeededRandom, object: KubernetesObject) => unknown
  /** What the server lets one change of an object beside its labels and annotations. */
  readonly change?: (random: SeededRandom, object: KubernetesObject) => GeneratedBody
  /** Whether it stays, on its way out, until its finalizers are taken away. */
  readonly finalized?: 'metadata' | 'spec'
}

/** Something else so often, as fields that may be missing are. */
export function maybe<Fields extends object>(
  random: SeededRandom,
  probability: number,
  fields: () => Fields,
): Partial<Fields> {
  return random.chance(probability) ? fields() : {}
}

/** So many things. */
export function several<Thing>(
  random: SeededRandom,
  most: number,
  make: (index: number) => Thing,
  least = 0,
): Thing[] {
  return [...Array(least + random.below(most - least + 1)).keys()].map(make)
}

/** A time of the last year as the API writes it. */
export function time(random: SeededRandom): string {
  const since = Date.UTC(2025, 10, 1)
  return `${new Date(since + random.below(365 * 86_400) * 1000).toISOString().slice(0, 19)}Z`
}

const conditionStatuses = ['True', 'False', 'Unknown'] as const

/** Conditions of given types, some of them. */
export function conditions(
  random: SeededRandom,
  types: readonly string[],
  reasons: readonly [string, ...string[]] = ['Because', 'Otherwise'],
): object[] {
  return types
    .filter(() => random.chance(0.7))
    .map((type) => ({
      type,
      status: random.pick(conditionStatuses),
      reason: random.pick(reasons),
      message: 'said so',
      lastTransitionTime: time(random),
    }))
}
