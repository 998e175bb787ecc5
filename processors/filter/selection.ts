import {
  compileResourceMatcher,
  compileSeriesMatcher,
  type SeriesMatcher,
} from '#src/attributes/series-matcher.ts'
import { ConfigError, makeAll, type Path } from '#src/config/config-error.ts'
import { instead, isGiven, type MetricsConfig, type SelectionConfig } from './config.ts'

/** What a selection asks of a series, as far as it says anything: about its name and attributes, about its resource. */
interface Questions {
  readonly series?: SeriesMatcher | undefined
  readonly resource?: SeriesMatcher | undefined
}

/**
 * Compiles include and exclude into one predicate. A series is included where name, attributes and resource all match.
 * It is excluded where its resource matches, and also where its name and attributes do: the Collector asks about
 * resources and about metrics one after the other, and drops at the first yes.
 *
 * @throws ConfigError for every mistake in both
 */
export function compileSelection(metrics: MetricsConfig): SeriesMatcher {
  const [include, exclude] = makeAll(
    () => compileQuestions(metrics.include, ['metrics', 'include']),
    () => compileQuestions(metrics.exclude, ['metrics', 'exclude']),
  )
  return (series) =>
    (include.resource?.(series) ?? true) &&
    (include.series?.(series) ?? true) &&
    !(exclude.resource?.(series) ?? false) &&
    !(exclude.series?.(series) ?? false)
}

function compileQuestions(config: SelectionConfig | undefined, path: Path): Questions {
  if (config === undefined) return {}
  const { match_type: matchType, metric_names, attributes, resource_attributes, expressions } = config
  if (matchType === 'expr' || isGiven(expressions)) {
    throw new ConfigError(`match_type expr is not supported in this version: ${instead}`, [
      ...path,
      matchType === 'expr' ? 'match_type' : 'expressions',
    ])
  }
  const [series, resource] = makeAll(
    () => compileSeriesMatcher(matchType, config, path),
    () => compileResourceMatcher(matchType, resource_attributes, [...path, 'resource_attributes']),
  )
  return {
    series: metric_names.length + attributes.length > 0 ? series : undefined,
    resource: resource_attributes.length > 0 ? resource : undefined,
  }
}
