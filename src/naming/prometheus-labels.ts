import { attributeText } from '#src/attributes/attribute-text.ts'
import { compareBytewise, type AttributeSet } from '#src/model/attribute-set.ts'
import type { Scope } from '#src/model/resource.ts'
import { roleSuffix, type Series } from '#src/model/series.ts'
import { resourceSet } from '#src/otlp/derived-resource.ts'
import { prometheusLabelName, prometheusMetricName, type NameTranslation } from './prometheus-names.ts'
import { isListed, resourceLabel } from './resource-labels.ts'

/** What becomes of names, and which labels a series has beside its own attributes. */
export interface LabelSettings {
  readonly translation: NameTranslation
  /** Labels of every series; those that it has itself win. */
  readonly constLabels: Readonly<Record<string, string>>
  /** Whether scopes become labels `otel_scope_*`. */
  readonly scopeInfo: boolean
  /** Whether an attribute of the resource becomes a label of every series. */
  readonly promotes: (key: string) => boolean
}

/** Labels by name. */
type Labels = Map<string, string>

/**
 * The labels that series have in the Prometheus formats (OpenTelemetry specification, "Prometheus and OpenMetrics
 * Compatibility"): attributes by their translated names, `job` and `instance` of the resource, promoted attributes of it,
 * the scope, constant labels; of two with one name the first of these wins.
 */
export class PrometheusLabels {
  readonly #settings: LabelSettings
  /** What all series of a scope get; scopes come and go with their sources. */
  readonly #contexts = new WeakMap<Scope, Labels>()

  constructor(settings: LabelSettings) {
    this.#settings = settings
  }

  /** The name of a series: the family's, with the suffix of a part. */
  name(series: Series): string {
    const { metric, role } = series
    const name = prometheusMetricName(metric, this.#settings.translation, role)
    if (role === 'none' || role === 'total') return name
    const { kind, monotonic } = metric.descriptor
    const isCounter = kind === 'sum' && monotonic
    const family = role === 'created' && isCounter && name.endsWith('_total') ? name.slice(0, -6) : name
    return family + roleSuffix[role]
  }

  /**
   * The labels of a series beside its name: name, value, name, value, sorted by name; none without a value, and not the
   * one to omit, which the format at hand writes itself.
   */
  pairs({ metric: { scope }, attributes }: Series, omitted?: string): string[] {
    const labels: Labels = new Map()
    this.#addAttributes(labels, attributes, (key) => key !== omitted)
    let context = this.#contexts.get(scope)
    if (context === undefined) {
      context = this.#contextOf(scope)
      this.#contexts.set(scope, context)
    }
    for (const [name, value] of context) if (!labels.has(name) && name !== omitted) labels.set(name, value)
    return sortedPairs(labels)
  }

  /** The name of the metric that lists resources. */
  get targetInfoName(): string {
    const { namespace } = this.#settings.translation
    return namespace === '' ? 'target_info' : `${namespace}_target_info`
  }

  /** The labels of the metric that lists resources, as `pairs` has them; empty for a resource that is not listed or says nothing. */
  targetInfo({ resource }: Scope): string[] {
    if (!isListed(resource)) return []
    const labels: Labels = new Map()
    const job = resourceLabel(resource, 'job')
    const instance = resourceLabel(resource, 'instance')
    const used = new Set<string>()
    if (job !== '') used.add('service.name').add('service.namespace')
    if (instance !== '') used.add('service.instance.id')
    this.#addAttributes(labels, resource.attributes, (key) => !used.has(key))
    // A derived resource has them by these names.
    if (!resource.derived) labels.set('job', job).set('instance', instance)
    const own = sortedPairs(labels)
    if (own.length === 0) return own
    this.#addConstants(labels)
    return sortedPairs(labels)
  }

  /** Several attributes of one label name have their values joined, in the order of their keys. */
  #addAttributes(labels: Labels, { entries }: AttributeSet, isMeant: (key: string) => boolean): void {
    const { utf8 } = this.#settings.translation
    for (let index = 0; index < entries.length; index += 2) {
      const key = entries[index] as string
      const value = entries[index + 1]
      if (value === undefined || !isMeant(key)) continue
      const name = prometheusLabelName(key, utf8)
      const before = labels.get(name)
      labels.set(name, before === undefined ? attributeText(value) : `${before};${attributeText(value)}`)
    }
  }

  #contextOf({ resource, ...scope }: Scope): Labels {
    const labels: Labels = new Map()
    const { translation, scopeInfo, promotes } = this.#settings
    if (!resource.derived) {
      for (const label of ['job', 'instance']) {
        const value = resourceLabel(resource, label)
        if (value !== '') labels.set(label, value)
      }
      if (scopeInfo) {
        labels.set('otel_scope_name', scope.name)
        labels.set('otel_scope_version', scope.version)
        labels.set('otel_scope_schema_url', scope.schemaUrl)
        for (const [key, value] of scope.attributes)
          labels.set(prometheusLabelName(`otel_scope_${key}`, translation.utf8), attributeText(value))
      }
    }
    const promoted: Labels = new Map()
    this.#addAttributes(promoted, resourceSet(resource), promotes)
    for (const [name, value] of promoted) if (!labels.has(name)) labels.set(name, value)
    this.#addConstants(labels)
    return labels
  }

  #addConstants(labels: Labels): void {
    for (const [key, value] of Object.entries(this.#settings.constLabels)) {
      const name = prometheusLabelName(key, this.#settings.translation.utf8)
      if (!labels.has(name)) labels.set(name, value)
    }
  }
}

function sortedPairs(labels: Labels): string[] {
  const pairs: string[] = []
  for (const [name, value] of [...labels].toSorted(([a], [b]) => compareBytewise(a, b))) {
    if (value !== '') pairs.push(name, value)
  }
  return pairs
}
