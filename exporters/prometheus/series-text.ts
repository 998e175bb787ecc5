import { attributeText } from '#src/attributes/attribute-text.ts'
import type { AttributeSet } from '#src/model/attribute-set.ts'
import { boundLabel, parseBound } from '#src/model/classic-parts.ts'
import type { Scope } from '#src/model/resource.ts'
import { roleSuffix, type Metric, type Series } from '#src/model/series.ts'
import { escapeName, type EscapingScheme } from '#src/naming/prometheus-escaping.ts'
import type { PrometheusLabels } from '#src/naming/prometheus-labels.ts'
import {
  isClassicLabelName,
  isClassicMetricName,
  prometheusMetricName,
  type NameTranslation,
} from '#src/naming/prometheus-names.ts'
import { byteText, escapeLabelValue, quoteName } from '#src/text/label-text.ts'
import { boundText, oddBoundText } from './bound-text.ts'
import { createdName, expositionType, familyIdentity, type Shape } from './exposition-type.ts'
import type { Part } from './row.ts'

/** The text of a series: its labels as a row has them, and which part it is. */
export interface RowText {
  readonly text: string
  readonly part: Part | undefined
}

/** Writes names and labels of series, for clients of one escaping scheme; without one all characters stay. */
export class SeriesText {
  readonly #labels: PrometheusLabels
  readonly #translation: NameTranslation
  readonly #scheme: EscapingScheme | undefined

  constructor(labels: PrometheusLabels, translation: NameTranslation, scheme: EscapingScheme | undefined) {
    this.#labels = labels
    this.#translation = translation
    this.#scheme = scheme
  }

  /** The name of the family of a series, as `byteText`. */
  familyName({ metric, role }: Series, shape: Shape): string {
    const name = prometheusMetricName(metric, this.#translation, role)
    // The start time of a whole, and a part that its family's type has no place for, are families of their own.
    if (role === 'created') return this.#metricName(createdName(name, expositionType(metric.descriptor)))
    return this.#metricName(shape === 'flat' && role !== 'total' ? name + roleSuffix[role] : name)
  }

  /** The name of the metric that lists resources. */
  get targetInfoName(): string {
    return this.#metricName(this.#labels.targetInfoName)
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
    const written =
      bound === undefined
        ? oddBoundText(role, value === undefined ? '' : attributeText(value))
        : boundText(role, bound)
    return { text, part: { role, bound: bound ?? Number.NaN, boundText: written } }
  }

  /** The labels of the metric that lists resources; undefined for a resource that says nothing. */
  targetInfo(scope: Scope): string | undefined {
    const pairs = this.#labels.targetInfo(scope)
    return pairs.length === 0 ? undefined : closed(this.#write(pairs))
  }

  #metricName(name: string): string {
    const scheme = this.#scheme
    return byteText(scheme === undefined ? name : escapeName(name, scheme, isClassicMetricName))
  }

  /** The labels of a series without what closes them: `{a="b"`, or nothing. */
  #base(series: Series, omitted: string | undefined, memo: LabelMemo): string {
    const texts = memo.textsOf(series.metric.scope, omitted)
    const known = texts.get(series.attributes)
    if (known !== undefined) return known
    const text = this.#write(this.#labels.pairs(series, omitted))
    texts.set(series.attributes, text)
    return text
  }

  #write(pairs: readonly string[]): string {
    const scheme = this.#scheme
    let text = ''
    for (let index = 0; index < pairs.length; index += 2) {
      const name = pairs[index] ?? ''
      const escaped = scheme === undefined ? name : escapeName(name, scheme, isClassicLabelName)
      const value = escapeLabelValue(pairs[index + 1] ?? '')
      text += `${text === '' ? '{' : ','}${quoteName(escaped, isClassicLabelName)}="${value}"`
    }
    return byteText(text)
  }
}

/** Closes labels before a value. */
export function closed(base: string): string {
  return base === '' ? ' ' : `${base}} `
}

/**
 * What is remembered during one pass over the series of a source: rows of one label set share their text, and those of
 * one metric their name. It does not outlive the pass, so nothing has to be given back.
 */
export class LabelMemo {
  readonly #texts = new Map<Scope, Map<string, Map<AttributeSet, string>>>()
  readonly #names = new Map<Metric, Map<string, string>>()

  /** The texts by label set, for one scope and one label that is left out. */
  textsOf(scope: Scope, omitted = ''): Map<AttributeSet, string> {
    return inner(inner(this.#texts, scope), omitted)
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
