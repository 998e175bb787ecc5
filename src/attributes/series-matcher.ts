import { makeAll, type Path } from '#src/config/config-error.ts'
import { compileMatcher, matchOptions, type MatchType } from '#src/config/matcher.ts'
import { Type } from '#src/config/schema.ts'
import type { Series } from '#src/model/series.ts'
import { resourceSet } from '#src/otlp/derived-resource.ts'
import { compileAttributeMatcher, WantedAttribute, type WantedAttributeConfig } from './attribute-matcher.ts'

/** Whether a series is selected. */
export type SeriesMatcher = (series: Series) => boolean

/** The options of every selection of series, to be spread into those of one. */
export const selectionOptions = {
  ...matchOptions,
  metric_names: Type.Array(Type.String(), {
    description: 'Names of metrics, of which one must match. The parts of a histogram bear its name.',
    default: [],
  }),
  attributes: Type.Array(WantedAttribute, {
    description: 'Attributes of the data points, all of which must match.',
    default: [],
  }),
}

/**
 * Compiles names and attributes into one question: both must match, where they are given.
 *
 * @param path of the selection, for messages
 * @throws ConfigError for every mistake in the lists
 */
export function compileSeriesMatcher(
  matchType: MatchType,
  lists: { readonly metric_names: readonly string[]; readonly attributes: readonly WantedAttributeConfig[] },
  path: Path,
): SeriesMatcher {
  const { metric_names, attributes } = lists
  const [named, bears] = makeAll(
    () => compileMatcher(matchType, metric_names, [...path, 'metric_names']),
    () => compileAttributeMatcher(matchType, attributes, [...path, 'attributes']),
  )
  const anyName = metric_names.length === 0
  return (series) => (anyName || named(series.selectionName)) && bears(series.attributes)
}

/** The same question about the attributes of the resource, as OTLP has them. */
export function compileResourceMatcher(
  matchType: MatchType,
  list: readonly WantedAttributeConfig[],
  path: Path,
): SeriesMatcher {
  const bears = compileAttributeMatcher(matchType, list, path)
  return (series) => bears(resourceSet(series.resource))
}
