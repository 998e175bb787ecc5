import { compilePattern, type Pattern } from '#src/regex/pattern.ts'
import { ConfigError, mapItems, type Path } from './config-error.ts'
import { Options, Type } from './schema.ts'

/** How texts are compared with what the configuration lists. */
export type MatchType = 'strict' | 'regexp'

/** Whether a text is selected. */
export type TextMatcher = (text: string) => boolean

/**
 * The options that the Collector has wherever texts are selected by a list, to be spread into the options of a
 * selection beside the lists themselves.
 */
export const matchOptions = {
  match_type: Type.Union([Type.Literal('strict'), Type.Literal('regexp')], {
    description: 'How the lists are compared: as whole texts, or as RE2 expressions that match anywhere.',
  }),
  regexp: Type.Optional(
    Options(
      {
        cacheenabled: Type.Optional(Type.Boolean({ description: 'Accepted and without effect.' })),
        cachemaxnumentries: Type.Optional(
          Type.Integer({ description: 'Accepted and without effect.', minimum: 0 }),
        ),
      },
      {
        description: "The Collector's cache of answers: accepted and without effect, a series is asked once.",
      },
    ),
  ),
}

/**
 * Compiles a list into one question: whether any of it matches a text. Strict ones match the whole text, expressions
 * (RE2) match anywhere in it unless they are anchored themselves. An empty list matches nothing.
 *
 * @param path of the list, for messages
 * @throws ConfigError for every expression that does not compile, with its place in the list
 */
export function compileMatcher(matchType: MatchType, list: readonly string[], path: Path): TextMatcher {
  if (matchType === 'strict') {
    const texts = new Set(list)
    return (text) => texts.has(text)
  }
  const patterns = mapItems(list, (source, index) => compileExpression(source, [...path, index]))
  return (text) => patterns.some((pattern) => pattern.matches(text))
}

/**
 * Compiles one RE2 expression that matches anywhere in a text.
 *
 * @param path of the expression, for messages
 * @throws ConfigError with the path
 */
export function compileExpression(source: string, path: Path): Pattern {
  try {
    return compilePattern(source, { anchored: false })
  } catch (error) {
    throw error instanceof ConfigError ? error.under(...path) : error
  }
}
