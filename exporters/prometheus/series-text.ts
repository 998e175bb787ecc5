import { attributeText } from '#src/attributes/attribute-text.ts'
import { compareBytewise, type AttributeSet } from '#src/model/attribute-set.ts'
import { boundLabel, parseBound } from '#src/model/classic-parts.ts'
import type { Resource, Scope } from '#src/model/resource.ts'
import { roleSuffix, type Metric, type Series } from '#src/model/series.ts'
import { escapeName, type EscapingScheme } from '#src/naming/prometheus-escaping.ts'
import {
  isClassicLabelName,
  isClassicMetricName,
  prometheusLabelName,
  prometheusMetricName,
  type NameTranslation,
} from '#src/naming/prometheus-names.ts'
import { byteText, escapeLabelValue, quoteName } from '#src/text/label-text.ts'
import { boundText, oddBoundText } from './bound-text.ts'
import { createdName, expositionType, familyIdentity, type Shape } from './exposition-type.ts'
import type { Part } from './row.ts'

/** What is written into labels beside a series' own attributes. */
export interface LabelSettings {
  readonly translation: NameTranslation
  readonly constLabels: Readonly<Record<string, string>>
  readonly scopeInfo: boolean
  /** Whether an attribute of the resource becomes a label of every series. */
  readonly promotes: (key: string) => boolean
}

/** The text of a series: its labels as a row has them, and which part it is. */
export interface RowText {
  readonly text: string
  readonly part: Part | undefined
}

type Labels = Map<string, string>

/** Writes names and labels of series, for clients of one escaping scheme; without one all characters stay. */
export class SeriesText {
  readonly #settings: LabelSettings
  readonly #scheme: EscapingScheme | undefined

  constructor(settings: LabelSettings, scheme: EscapingScheme | undefined) {
    this.#settings = settings
    this.#scheme = scheme
  }

  /** The name of the family of a series, as `byteText`. */
  familyName({ metric, role }: Series, shape: Shape): string {
    const name = prometheusMetricName(metric, this.#settings.translation, role)
    // The start time of a whole, and a part that its family's type has no place for, are families of their own.
    if (role === 'created') return this.#metricName(createdName(name, expositionType(metric.descriptor)))
    return this.#metricName(shape === 'flat' && role !== 'total' ? name + roleSuffix[role] : name)
  }

  /** The name of the metric that lists resources. */
  get targetInfoName(): string {
    const { namespace } = this.#settings.translation
    return this.#metricName(namespace === '' ? 'target_info' : `${namespace}_target_info`)
  }

  /** The text of a series. `memo` remembers the labels of sets during one pass over the series of a source. */
  rowText(series: Series, shape: Shape, memo: LabelMemo): RowText {
    const { role, attributes } = series
    if (shape === 'flat') return { text: closed(this.#base(series, undefined, memo)), part: undefined }
    if (shape === 'points') {
      const omitted = series.metric.descriptor.kind === 'summary' ? boundLabel.quantile : boundLabel.bucket
      return { text: this.#base(series, omitted, memo), part: undefined }
    }
    const label = boundLabel[role]
    const text = this.#base(series, label, memo)
    if (label === undefined) return { text, part: { role, bound: Number.NaN, boundText: undefined } }
    const value = attributes.get(label)
    const bound = parseBound(value)
    return {
      text,
      part:
        bound === undefined
          ? {
              role,
              bound: Number.NaN,
              boundText: oddBoundText(role, value === undefined ? '' : attributeText(value)),
            }
          : { role, bound, boundText: boundText(role, bound) },
    }
  }

  /** The labels of the metric that lists resources; undefined for a resource that says nothing. */
  targetInfo(attributes: AttributeSet): string | undefined {
    const labels: Labels = new Map()
    const used = new Set<string>()
    const { job, instance } = targetLabels(attributes)
    if (job !== undefined) used.add('service.name').add('service.namespace')
    if (instance !== undefined) used.add('service.instance.id')
    this.#addAttributes(labels, attributes, (key) => !used.has(key))
    if (job !== undefined) labels.set('job', job)
    if (instance !== undefined) labels.set('instance', instance)
    return labels.size === 0 ? undefined : closed(this.#write(labels))
  }

  #metricName(name: string): string {
    const scheme = this.#scheme
    return byteText(scheme === undefined ? name : escapeName(name, scheme, isClassicMetricName))
  }

  /** The labels of a series without what closes them: `{a="b"`, or nothing. */
  #base({ metric, attributes }: Series, omitted: string | undefined, memo: LabelMemo): string {
    const { scope } = metric
    const texts = memo.textsOf(scope, omitted)
    const known = texts.get(attributes)
    if (known !== undefined) return known
    const labels: Labels = new Map()
    this.#addAttributes(labels, attributes, (key) => key !== omitted)
    for (const [name, value] of memo.contextOf(scope, () => this.#context(scope))) {
      if (!labels.has(name) && name !== omitted) labels.set(name, value)
    }
    const text = this.#write(labels)
    texts.set(attributes, text)
    return text
  }

  /** Several attributes of one label name have their values joined, in the order of their keys. */
  #addAttributes(labels: Labels, attributes: AttributeSet, isMeant: (key: string) => boolean): void {
    const { utf8 } = this.#settings.translation
    const { entries } = attributes
    for (let index = 0; index < entries.length; index += 2) {
      const key = entries[index] as string
      const value = entries[index + 1]
      if (value === undefined || !isMeant(key)) continue
      const name = prometheusLabelName(key, utf8)
      const before = labels.get(name)
      labels.set(name, before === undefined ? attributeText(value) : `${before};${attributeText(value)}`)
    }
  }

  /** Labels that all series of a scope get: the more special ones first, since the first of a name counts. */
  #context({ resource, ...scope }: Scope): Labels {
    const labels: Labels = new Map()
    const { translation, scopeInfo, promotes, constLabels } = this.#settings
    if (!resource.derived) {
      addResource(labels, resource)
      if (scopeInfo) {
        labels.set('otel_scope_name', scope.name)
        labels.set('otel_scope_version', scope.version)
        labels.set('otel_scope_schema_url', scope.schemaUrl)
        for (const [key, value] of scope.attributes)
          labels.set(prometheusLabelName(`otel_scope_${key}`, translation.utf8), attributeText(value))
      }
      const promoted: Labels = new Map()
      this.#addAttributes(promoted, resource.attributes, promotes)
      for (const [name, value] of promoted) if (!labels.has(name)) labels.set(name, value)
    }
    for (const [key, value] of Object.entries(constLabels)) {
      const name = prometheusLabelName(key, translation.utf8)
      if (!labels.has(name)) labels.set(name, value)
    }
    return labels
  }

  /** Sorted by name, so that equal labels are equal texts. A label without a value is no label to Prometheus. */
  #write(labels: Labels): string {
    const scheme = this.#scheme
    const pairs: string[] = []
    for (const [name, value] of [...labels].toSorted(([a], [b]) => compareBytewise(a, b))) {
      if (value === '') continue
      const escaped = scheme === undefined ? name : escapeName(name, scheme, isClassicLabelName)
      pairs.push(`${quoteName(escaped, isClassicLabelName)}="${escapeLabelValue(value)}"`)
    }
    return pairs.length === 0 ? '' : byteText(`{${pairs.join(',')}`)
  }
}

/** Closes labels before a value. */
export function closed(base: string): string {
  return base === '' ? ' ' : `${base}} `
}

/** Job and instance of a resource, as OpenTelemetry has them from its service. */
function targetLabels(attributes: AttributeSet): { job: string | undefined; instance: string | undefined } {
  const name = attributes.get('service.name')
  const namespace = attributes.get('service.namespace')
  const id = attributes.get('service.instance.id')
  const prefix = namespace === undefined ? '' : `${attributeText(namespace)}/`
  return {
    job: name === undefined ? undefined : prefix + attributeText(name),
    instance: id === undefined ? undefined : attributeText(id),
  }
}

function addResource(labels: Labels, { attributes }: Resource): void {
  const { job, instance } = targetLabels(attributes)
  if (job !== undefined) labels.set('job', job)
  if (instance !== undefined) labels.set('instance', instance)
}

/**
 * What is remembered during one pass over the series of a source: rows of one label set share their text, and the
 * labels of a scope are made once. It does not outlive the pass, so nothing has to be given back.
 */
export class LabelMemo {
  readonly #texts = new Map<Scope, Map<string, Map<AttributeSet, string>>>()
  readonly #contexts = new Map<Scope, ReadonlyMap<string, string>>()
  readonly #names = new Map<Metric, Map<string, string>>()

  textsOf(scope: Scope, omitted = ''): Map<AttributeSet, string> {
    return inner(inner(this.#texts, scope), omitted)
  }

  contextOf(scope: Scope, make: () => ReadonlyMap<string, string>): ReadonlyMap<string, string> {
    let context = this.#contexts.get(scope)
    if (context === undefined) {
      context = make()
      this.#contexts.set(scope, context)
    }
    return context
  }

  nameOf(series: Series, text: SeriesText): string {
    const names = inner(this.#names, series.metric)
    let name = names.get(series.role)
    if (name === undefined) {
      name = text.familyName(series, familyIdentity(series).shape)
      names.set(series.role, name)
    }
    return name
  }
}

function inner<Outer, Key, Value>(maps: Map<Outer, Map<Key, Value>>, key: Outer): Map<Key, Value> {
  let map = maps.get(key)
  if (map === undefined) {
    map = new Map()
    maps.set(key, map)
  }
  return map
}
