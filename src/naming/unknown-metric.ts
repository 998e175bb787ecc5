import { ConfigError, type Path } from '#src/config/config-error.ts'
import { nearestName } from '#src/config/nearest-name.ts'
import { isMetricName } from './metric.ts'

/** Where metrics are switched, and what has them, in words for an error: `the summary has`. */
export interface SwitchedMetrics {
  readonly path: Path
  readonly owner: string
}

/**
 * The mistake in switching a metric that there is not.
 *
 * @param known the names that there are, as `metricNames` gives them
 * @returns undefined where there is one
 */
export function unknownMetric(
  name: string,
  known: readonly string[],
  { path, owner }: SwitchedMetrics,
): ConfigError | undefined {
  if (isMetricName(name, known)) return undefined
  const nearest = nearestName(name, known)
  const hint = nearest === undefined ? '' : `; did you mean ${nearest}?`
  return new ConfigError(`${owner} no metric ${name}${hint}`, [...path, name])
}
