import {
  hashWith,
  noAttributes,
  ownAttributes,
  type AttributeList,
  type AttributeSet,
} from './attribute-set.ts'
import { combine, type Hash64 } from './hash.ts'

/** What produced the series: a host, a pod, a scraped target. Compared by its hash and attributes, not by reference. */
export interface Resource {
  readonly attributes: AttributeSet
  readonly schemaUrl: string
  /**
   * Whether it only repeats labels that the series bear themselves (job, instance, target_info), as for scraped
   * ones: Prometheus formats then do not add it again, and it is no part of the identity.
   */
  readonly derived: boolean
  /** Of a derived one: whether a processor edited it, so that it says what no label says. Prometheus formats then list it. */
  readonly edited: boolean
  readonly hash: Hash64
}

/** The instrumentation scope of series, and through it their resource. */
export interface Scope {
  readonly resource: Resource
  readonly name: string
  readonly version: string
  readonly attributes: AttributeSet
  readonly schemaUrl: string
  readonly hash: Hash64
}

/** Makes a resource from a list of attributes. It lives as long as series, or anything else, refer to it. */
export function makeResource(
  attributes: AttributeList,
  options: { schemaUrl?: string; derived?: boolean; edited?: boolean } = {},
): Resource {
  const set = ownAttributes(attributes)
  const { schemaUrl = '', derived = false, edited = false } = options
  return { attributes: set, schemaUrl, derived, edited, hash: hashWith(set, schemaUrl) }
}

/** Makes a scope in a resource. */
export function makeScope(
  resource: Resource,
  options: { name?: string; version?: string; attributes?: AttributeSet; schemaUrl?: string } = {},
): Scope {
  const { name = '', version = '', attributes = noAttributes, schemaUrl = '' } = options
  const hash = combine(resource.hash, hashWith(attributes, name, version, schemaUrl))
  return { resource, name, version, attributes, schemaUrl, hash }
}

/** The resource that says nothing. */
export const emptyResource: Resource = makeResource([])

/** The scope that says nothing, in the resource that says nothing. */
export const emptyScope: Scope = makeScope(emptyResource)
