import { ConfigError, type Path } from '#src/config/config-error.ts'
import type { AttributeValue } from '#src/model/attribute-set.ts'

const int64 = { lowest: -(2n ** 63n), highest: 2n ** 63n - 1n }

/**
 * The attribute value that a configuration file means: an integer is OTLP's `int`, a number with a fraction its
 * `double`; texts, booleans, lists and mappings are themselves.
 *
 * @throws ConfigError for what is no attribute value, with its place below `path`
 */
export function configuredValue(value: unknown, path: Path): AttributeValue {
  if (typeof value === 'string' || typeof value === 'boolean') return value
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value
  if (typeof value === 'bigint') {
    if (value >= int64.lowest && value <= int64.highest) return value
    throw new ConfigError(`${value} does not fit a 64-bit integer; quote it to make it a text`, path)
  }
  if (Array.isArray(value)) return value.map((item, index) => configuredValue(item, [...path, index]))
  if (typeof value === 'object' && value !== null) {
    return new Map(
      Object.entries(value).map(([key, inner]) => [key, configuredValue(inner, [...path, key])] as const),
    )
  }
  throw new ConfigError('there is no value: expected a text, a number, a boolean, a list or a mapping', path)
}
