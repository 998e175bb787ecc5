import {
  compileResourceMatcher,
  compileSeriesMatcher,
  type SeriesMatcher,
} from '#src/attributes/series-matcher.ts'
import { ConfigError, makeAll, mapItems, type Path } from '#src/config/config-error.ts'
import { compileExpression, type MatchType, type TextMatcher } from '#src/config/matcher.ts'
import type { AttributesConfig, SelectionConfig } from './config.ts'

/**
 * Compiles include and exclude into one predicate: whether a series is edited.
 *
 * @throws ConfigError for every mistake in both
 */
export function compileSelection(config: AttributesConfig): SeriesMatcher {
  const [include, exclude] = makeAll(
    () => compileCriteria(config.include, ['include']),
    () => compileCriteria(config.exclude, ['exclude']),
  )
  return (series) => (include?.(series) ?? true) && !(exclude?.(series) ?? false)
}

const lists = ['metric_names', 'attributes', 'resources', 'libraries'] as const

/** A series is selected where everything that is given matches. */
function compileCriteria(config: SelectionConfig | undefined, path: Path): SeriesMatcher | undefined {
  if (config === undefined) return undefined
  if (lists.every((list) => config[list].length === 0)) {
    throw new ConfigError(`selects nothing: it needs ${lists.join(' or ')}`, path)
  }
  const criteria = makeAll(
    () => compileSeriesMatcher(config.match_type, config, path),
    () => compileResourceMatcher(config.match_type, config.resources, [...path, 'resources']),
    () => compileLibraries(config, [...path, 'libraries']),
  )
  return (series) => criteria.every((matches) => matches(series))
}

function compileLibraries({ match_type: matchType, libraries }: SelectionConfig, path: Path): SeriesMatcher {
  if (libraries.length === 0) return () => true
  const wanted = mapItems(libraries, ({ name, version }, index) => ({
    named: compileText(matchType, name, [...path, index, 'name']),
    dated: version === undefined ? undefined : compileText(matchType, version, [...path, index, 'version']),
  }))
  return ({ metric: { scope } }) =>
    wanted.some(({ named, dated }) => named(scope.name) && (dated?.(scope.version) ?? true))
}

function compileText(matchType: MatchType, expected: string, path: Path): TextMatcher {
  if (matchType === 'strict') return (text) => text === expected
  const pattern = compileExpression(expected, path)
  return (text) => pattern.matches(text)
}
