import {
  internAttributes,
  releaseAttributes,
  retainAttributes,
  sameAttributes,
  type AttributeList,
  type AttributeSet,
} from './attribute-set.ts'
import { combine, identityHash, type Hash64 } from './hash.ts'
import type { Resource, Scope } from './resource.ts'

/** What kind of metric a series belongs to: OTLP's five, and those of the Prometheus formats that OTLP lacks. */
export type Kind =
  | 'unknown'
  | 'gauge'
  | 'sum'
  | 'histogram'
  | 'exponential_histogram'
  | 'summary'
  | 'info'
  | 'stateset'
  | 'gauge_histogram'

/** OTLP's aggregation temporality; `unspecified` for kinds that have none. */
export type Temporality = 'unspecified' | 'delta' | 'cumulative'

/**
 * Which part of a classic histogram or summary a series is; `none` for a series that stands for itself. A part's
 * name is its family's name and the suffix of `roleSuffix`.
 */
export type Role = 'none' | 'bucket' | 'sum' | 'count' | 'quantile' | 'created' | 'total'

/** The suffix that a role adds to the family's name. */
export const roleSuffix: Readonly<Record<Role, string>> = {
  none: '',
  bucket: '_bucket',
  sum: '_sum',
  count: '_count',
  quantile: '',
  created: '_created',
  total: '_total',
}

/**
 * What is said about a family of series. For series of Prometheus origin it may change without making new series
 * (an edited HELP, a TYPE that arrives late), so it is the one mutable part of the model: its producer writes it.
 */
export interface Descriptor {
  kind: Kind
  /** UCUM, as OpenTelemetry writes units: `By`, `s`, `1`, `{packets}`. */
  unit: string
  description: string
  temporality: Temporality
  monotonic: boolean
}

/** A descriptor with OTLP's zero values where nothing is said. */
export function makeDescriptor(given: Partial<Descriptor> & Pick<Descriptor, 'kind'>): Descriptor {
  const { kind, unit = '', description = '', monotonic = false } = given
  const cumulative = kind === 'sum' || kind === 'histogram' || kind === 'exponential_histogram'
  const { temporality = cumulative ? 'cumulative' : 'unspecified' } = given
  // Field by field, since what a literal gets by spreading lies outside of the object: 80 bytes more of each.
  return { kind, unit, description, temporality, monotonic }
}

/** A family of series: a name in a scope, with its descriptor. */
export class Metric {
  readonly name: string
  readonly descriptor: Descriptor
  readonly scope: Scope
  readonly hash: Hash64

  constructor(name: string, descriptor: Descriptor, scope: Scope) {
    this.name = name
    this.descriptor = descriptor
    this.scope = scope
    this.hash = metricHash(name, descriptor, scope)
  }
}

/** Of Prometheus origin only the name counts, else all that OTLP identifies a stream by. */
function metricHash(name: string, descriptor: Descriptor, scope: Scope): Hash64 {
  if (scope.resource.derived) return identityHash([name])
  const { kind, unit, temporality, monotonic } = descriptor
  return combine(scope.hash, identityHash([name, kind, unit, temporality, String(monotonic)]))
}

/**
 * The identity of a time series: a metric, the part of it (`role`), and attributes. Immutable; processors make
 * another one with the `with` methods, whose attribute sets belong to whoever calls them.
 */
export class Series {
  readonly metric: Metric
  readonly role: Role
  readonly attributes: AttributeSet

  constructor(metric: Metric, attributes: AttributeSet, role: Role = 'none') {
    this.metric = metric
    this.role = role
    this.attributes = attributes
  }

  /** The name of this very series: the family's name, and the suffix of a part. */
  get name(): string {
    return this.role === 'none' ? this.metric.name : this.metric.name + roleSuffix[this.role]
  }

  /**
   * The name by which selections know it: the family's, so that the parts of a histogram are kept or dropped together.
   * Parts of a counter go by the name of its total, which is how its users know it.
   */
  get selectionName(): string {
    const { name, descriptor } = this.metric
    return this.role !== 'none' && descriptor.kind === 'sum' ? name + roleSuffix.total : name
  }

  get resource(): Resource {
    return this.metric.scope.resource
  }

  /** The hash of the identity; equal series have equal ones, also across sources. */
  get hash(): Hash64 {
    const hash = combine(this.metric.hash, this.attributes)
    return this.role === 'none' ? hash : combine(hash, identityHash([this.role]))
  }

  /** The same series with other attributes; it owns one reference to the interned set. */
  withAttributes(list: AttributeList): Series {
    return new Series(this.metric, internAttributes(list), this.role)
  }

  /**
   * The same series under another name, given as the name of this part. A part that gives up its suffix stops being
   * one: it is then a series of its own, of unknown kind.
   */
  withName(name: string): Series {
    const { metric, role } = this
    const suffix = roleSuffix[role]
    const attributes = retainAttributes(this.attributes)
    if (name.endsWith(suffix) && name.length > suffix.length) {
      const family = name.slice(0, name.length - suffix.length)
      return new Series(new Metric(family, metric.descriptor, metric.scope), attributes, role)
    }
    const { description, unit } = metric.descriptor
    return new Series(
      new Metric(name, makeDescriptor({ kind: 'unknown', description, unit }), metric.scope),
      attributes,
    )
  }

  /** The same series in another scope, and so of another resource. */
  withScope(scope: Scope): Series {
    const { metric } = this
    return new Series(
      new Metric(metric.name, metric.descriptor, scope),
      retainAttributes(this.attributes),
      this.role,
    )
  }
}

/** Gives back what a series owns: the reference to its attribute set. */
export function releaseSeries(series: Series): void {
  releaseAttributes(series.attributes)
}

/** Whether two series are the same one, by the identity of architecture §2.6. */
export function sameSeries(first: Series, second: Series): boolean {
  if (first === second) return true
  return (
    sameAttributes(first.attributes, second.attributes) &&
    first.role === second.role &&
    sameMetric(first.metric, second.metric)
  )
}

/** Whether two metrics are the same stream: by name alone where they come from Prometheus, else as OTLP says. */
export function sameMetric(first: Metric, second: Metric): boolean {
  if (first === second) return true
  if (first.name !== second.name) return false
  const derived = first.scope.resource.derived
  if (derived !== second.scope.resource.derived) return false
  if (derived) return true
  const a = first.descriptor
  const b = second.descriptor
  return (
    sameScope(first.scope, second.scope) &&
    a.kind === b.kind &&
    a.unit === b.unit &&
    a.temporality === b.temporality &&
    a.monotonic === b.monotonic
  )
}

/** Whether two scopes, and their resources, say the same. */
export function sameScope(first: Scope, second: Scope): boolean {
  if (first === second) return true
  return (
    sameAttributes(first.attributes, second.attributes) &&
    first.name === second.name &&
    first.version === second.version &&
    first.schemaUrl === second.schemaUrl &&
    sameResource(first.resource, second.resource)
  )
}

/** Whether two resources say the same. */
export function sameResource(first: Resource, second: Resource): boolean {
  if (first === second) return true
  return sameAttributes(first.attributes, second.attributes) && first.schemaUrl === second.schemaUrl
}
