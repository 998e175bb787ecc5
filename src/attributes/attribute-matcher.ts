import { ConfigError, mapItems, type Path } from '#src/config/config-error.ts'
import { compileExpression, type MatchType } from '#src/config/matcher.ts'
import { Options, Type, type Static } from '#src/config/schema.ts'
import { sameValue, type AttributeSet, type AttributeValue } from '#src/model/attribute-set.ts'
import { attributeText } from './attribute-text.ts'
import { configuredValue } from './configured-value.ts'

/** An attribute that a selection asks for, in the Collector's form. */
export const WantedAttribute = Options({
  key: Type.String({ description: 'The name of the attribute.', minLength: 1 }),
  value: Type.Optional(
    Type.Unknown({ description: 'Its value, or an expression for it; where not given, any value will do.' }),
  ),
})

export type WantedAttributeConfig = Static<typeof WantedAttribute>

/**
 * Compiles a list into one question: whether a set has all of these attributes. Strict values are compared with their
 * type, so that the integer 1 is not the text "1"; expressions see the text of a value, and match no bytes, lists and
 * mappings. An empty list matches every set.
 *
 * @param path of the list, for messages
 * @throws ConfigError for all values that cannot be compared
 */
export function compileAttributeMatcher(
  matchType: MatchType,
  list: readonly WantedAttributeConfig[],
  path: Path,
): (attributes: AttributeSet) => boolean {
  const wanted = mapItems(list, ({ key, value }, index) => ({
    key,
    accepts: compileValue(matchType, value, [...path, index, 'value']),
  }))
  return (attributes) =>
    wanted.every(({ key, accepts }) => {
      const value = attributes.get(key)
      return value !== undefined && accepts(value)
    })
}

function compileValue(matchType: MatchType, value: unknown, path: Path): (value: AttributeValue) => boolean {
  if (value === undefined || value === null) return () => true
  if (matchType === 'strict') {
    const expected = configuredValue(value, path)
    return (actual) => sameValue(actual, expected)
  }
  if (typeof value !== 'string') {
    throw new ConfigError('with match_type regexp a value is an expression: quote it', path)
  }
  const pattern = compileExpression(value, path)
  return (actual) => typeof actual !== 'object' && pattern.matches(attributeText(actual))
}
