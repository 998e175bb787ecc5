import type { LabelSettings } from '#src/naming/prometheus-labels.ts'
import { translationOf, type TranslationStrategy } from '#src/naming/prometheus-names.ts'
import { compileGlobs } from '#src/regex/glob.ts'
import type { PrometheusConfig } from './config.ts'

const serviceAttributes: ReadonlySet<string> = new Set([
  'service.name',
  'service.namespace',
  'service.instance.id',
])

/** What the options say about names and labels. */
export function labelSettings(config: PrometheusConfig): LabelSettings {
  const fallback: TranslationStrategy = config.add_metric_suffixes
    ? 'UnderscoreEscapingWithSuffixes'
    : 'UnderscoreEscapingWithoutSuffixes'
  return {
    translation: translationOf(config.translation_strategy ?? fallback, config.namespace),
    constLabels: config.const_labels,
    scopeInfo: !config.without_scope_info,
    promotes: promotion(config),
  }
}

function promotion(config: PrometheusConfig): (key: string) => boolean {
  const { resource_constant_labels: chosen, resource_to_telemetry_conversion: all } = config
  if (chosen !== undefined) {
    const { included, excluded } = chosen
    const includes = included.length === 0 && excluded.length > 0 ? () => true : compileGlobs(included)
    const excludes = compileGlobs(excluded)
    return (key) => includes(key) && !excludes(key)
  }
  if (!all.enabled) return () => false
  return all.exclude_service_attributes ? (key) => !serviceAttributes.has(key) : () => true
}
