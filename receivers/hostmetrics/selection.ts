import { makeAll } from '#src/config/config-error.ts'
import { compileMatcher, type MatchType, type TextMatcher } from '#src/config/matcher.ts'

/** A list of names as the options have it. */
export interface NameList {
  readonly names: readonly string[]
  readonly match_type: MatchType
}

/**
 * Compiles the options `include` and `exclude` of a scraper: selected is what `include` matches, or all where it is
 * absent or empty, less what `exclude` matches.
 *
 * @param key of the lists in the two options, for messages: `devices`
 * @param suffix of the names of the two options, where they have one: `_devices`
 * @throws ConfigError for every expression that does not compile
 */
export function compileSelection(
  key: string,
  lists: { readonly include: NameList | undefined; readonly exclude: NameList | undefined },
  suffix = '',
): TextMatcher {
  const compile = (option: 'include' | 'exclude'): TextMatcher | undefined => {
    const list = lists[option]
    if (list === undefined || list.names.length === 0) return undefined
    return compileMatcher(list.match_type, list.names, [`${option}${suffix}`, key])
  }
  const [included, excluded] = makeAll(
    () => compile('include'),
    () => compile('exclude'),
  )
  return (name) => (included?.(name) ?? true) && !(excluded?.(name) ?? false)
}
