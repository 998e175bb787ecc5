import type { Metric, Role } from '#src/model/series.ts'
import { keptNames } from './kept-names.ts'
import { unitInWords } from './prometheus-units.ts'

/** How names of OpenTelemetry become names of Prometheus: the values of the Collector's `translation_strategy`. */
export type TranslationStrategy =
  | 'UnderscoreEscapingWithSuffixes'
  | 'UnderscoreEscapingWithoutSuffixes'
  | 'NoUTF8EscapingWithSuffixes'
  | 'NoTranslation'

/** What a strategy stands for. */
export interface NameTranslation {
  /** Whether unit and type are added to metric names: `_seconds`, `_total`, `_ratio`. */
  readonly suffixes: boolean
  /** Whether names keep all characters; else those outside of the classic set become `_`. */
  readonly utf8: boolean
  /** Put before metric names, with a `_` between; empty for none. */
  readonly namespace: string
}

/** The translation that a strategy asks for. */
export function translationOf(strategy: TranslationStrategy, namespace = ''): NameTranslation {
  return {
    suffixes: strategy.endsWith('WithSuffixes'),
    utf8: strategy.startsWith('No'),
    namespace,
  }
}

const classicMetricName = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/
const classicLabelName = /^[a-zA-Z_][a-zA-Z0-9_]*$/

/** Whether a metric name needs no quotes and no escaping anywhere. */
export function isClassicMetricName(name: string): boolean {
  return classicMetricName.test(name)
}

/** Whether a label name needs no quotes and no escaping anywhere. */
export function isClassicLabelName(name: string): boolean {
  return classicLabelName.test(name)
}

/**
 * The name of a metric's family in Prometheus, as Prometheus' own OTLP receiver makes it (OpenTelemetry specification,
 * "Prometheus and OpenMetrics Compatibility"). A metric that came from Prometheus has its name already, so it gets no
 * suffixes, nor do those of `keptNames`. The family of a counter's parts (`role` total) has the suffix that the parts have.
 */
export function prometheusMetricName(
  metric: Metric,
  translation: NameTranslation,
  role: Role = 'none',
): string {
  const { name } = metric
  const { namespace, utf8 } = translation
  const named = metric.scope.resource.derived
    ? role === 'total'
      ? `${name}_total`
      : name
    : translation.suffixes && !keptNames.has(name)
      ? withSuffixes(metric, utf8)
      : utf8
        ? name
        : joinWords(name)
  const spaced = namespace === '' ? named : `${utf8 ? namespace : joinWords(namespace)}_${named}`
  if (utf8) return spaced === '' ? '_' : spaced
  return isClassicMetricName(spaced) ? spaced : escapeMetricName(spaced)
}

function withSuffixes({ name, descriptor }: Metric, utf8: boolean): string {
  const { kind, unit, monotonic } = descriptor
  const words = unitInWords(unit)
  const last = kind === 'sum' && monotonic ? 'total' : kind === 'gauge' && unit === '1' ? 'ratio' : ''
  return utf8 ? appendSuffixes(name, words, last) : joinTokens(name, words, last)
}

/** Classic names are made of words: each is there once, and runs of `_` are one. */
function joinTokens(name: string, unit: { main: string; per: string }, last: string): string {
  const tokens = wordsOf(name)
  for (const suffix of [unit.main, unit.per]) {
    const word = joinWords(suffix)
    if (word !== '' && !tokens.includes(word)) tokens.push(word)
  }
  const kept = last === '' ? tokens : [...tokens.filter((token) => token !== last), last]
  return kept.join('_')
}

/** Other names are taken as they are; a suffix that is there already is put in its place. */
function appendSuffixes(name: string, unit: { main: string; per: string }, last: string): string {
  let named = last === '' ? name : withoutSuffix(name, last)
  if (unit.per !== '') named = withoutSuffix(named, unit.per)
  if (unit.main !== '' && !named.endsWith(unit.main)) named += `_${unit.main}`
  if (unit.per !== '') named += `_${unit.per}`
  return last === '' ? named : `${named}_${last}`
}

/** Takes off a suffix and the one character before it, which stands between words. */
function withoutSuffix(name: string, suffix: string): string {
  return name.endsWith(suffix) && name.length > suffix.length + 1
    ? name.slice(0, name.length - suffix.length - 1)
    : name
}

function wordsOf(text: string): string[] {
  return text.split(/[^a-zA-Z0-9:]+/).filter((word) => word !== '')
}

function joinWords(text: string): string {
  return wordsOf(text).join('_')
}

/** A classic name for any text: other characters become `_`, one each, and a digit is not the first. */
function escapeMetricName(name: string): string {
  const escaped = name.replaceAll(/[^a-zA-Z0-9_:]/gu, '_')
  return /^[0-9]/.test(escaped) ? `_${escaped}` : escaped === '' ? '_' : escaped
}

/**
 * The name of an attribute as a label, as Prometheus' own OTLP receiver makes it: other characters than letters, digits
 * and `_` become `_`; a digit or a single `_` in front gets `key` before it. `__name__` is the metric's own label, so an
 * attribute of that name becomes `key__name__`.
 */
export function prometheusLabelName(key: string, utf8: boolean): string {
  if (key === '__name__') return 'key__name__'
  if (key === '') return 'key_'
  if (utf8) return key
  const name = classicLabelName.test(key) ? key : key.replaceAll(/[^a-zA-Z0-9_]/gu, '_')
  if (/^[0-9]/.test(name)) return `key_${name}`
  return name.startsWith('_') && !name.startsWith('__') ? `key${name}` : name
}
