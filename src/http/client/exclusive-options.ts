import { ConfigError } from '#src/config/config-error.ts'

/**
 * Refuses options of which only one can hold. Empty texts count as absent, as in Prometheus.
 *
 * @throws {ConfigError} at the second one
 */
export function refuseBoth(options: object, names: readonly string[]): void {
  const values = options as Readonly<Record<string, unknown>>
  const given = names.filter(
    (name) => values[name] !== undefined && values[name] !== '' && values[name] !== false,
  )
  const [first, second] = given
  if (first !== undefined && second !== undefined) {
    throw new ConfigError(`of ${names.join(', ')} only one can hold: ${first} is there too`, [second])
  }
}
