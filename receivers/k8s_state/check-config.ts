import { ConfigError, makeAll, throwAll } from '#src/config/config-error.ts'
import { nearestName } from '#src/config/nearest-name.ts'
import { metricNames } from '#src/naming/metric.ts'
import { unknownMetric } from '#src/naming/unknown-metric.ts'
import { compileEnabled, type K8sStateConfig } from './config.ts'
import { customResourcesOf } from './custom/configured.ts'
import type { CustomResource } from './custom/custom-resource.ts'
import { cycleNames } from './cycle-names.ts'
import { stateResourceNames, stateResources } from './state-resources.ts'

/**
 * Checks what the schema cannot say.
 *
 * @throws {ConfigError} with all mistakes
 */
export function checkConfig(config: K8sStateConfig): void {
  makeAll(
    () => compileEnabled(config),
    () => throwAll(mistakesInMetrics(config)),
    () => throwAll(mistakesInAllowlists(config)),
    () => checkSharding(config),
  )
}

/** @throws {ConfigError} for what is said of custom resources */
function mistakesInMetrics(config: K8sStateConfig): ConfigError[] {
  const names = namesOf(customResourcesOf(config))
  const switched = { path: ['metrics'], owner: 'there is' }
  return Object.keys(config.metrics).flatMap((name) => unknownMetric(name, names, switched) ?? [])
}

/** The names of all metrics that can be told. */
function namesOf(custom: readonly CustomResource[]): string[] {
  const definitions = stateResources.flatMap(({ families }) => families.map(({ definition }) => definition))
  const labelled = stateResources.filter(({ hasLabels }) => hasLabels !== false)
  return [
    ...metricNames([...definitions, ...cycleNames]),
    ...labelled.flatMap(({ prefix }) => [`${prefix}_labels`, `${prefix}_annotations`]),
    ...custom.flatMap(({ metrics }) => metrics.map(({ name }) => name)),
  ]
}

function mistakesInAllowlists(config: K8sStateConfig): ConfigError[] {
  return (['labels_allowlist', 'annotations_allowlist'] as const).flatMap((option) =>
    Object.keys(config[option]).flatMap((resource) => {
      if (resource === '*' || stateResourceNames.includes(resource)) return []
      const nearest = nearestName(resource, stateResourceNames)
      const hint = nearest === undefined ? '' : `; did you mean ${nearest}?`
      return [new ConfigError(`there is no resource ${resource}${hint}`, [option, resource])]
    }),
  )
}

function checkSharding({ sharding }: K8sStateConfig): void {
  if (sharding === undefined) return
  const { shard, total_shards: total } = sharding
  if ((shard === undefined) !== (total === undefined))
    throw new ConfigError(
      'shard and total_shards go together; without both the StatefulSet of the pod says them',
      ['sharding'],
    )
  if (shard !== undefined && total !== undefined && shard >= total)
    throw new ConfigError(`there is no shard ${shard} of ${total}: they are counted from 0`, [
      'sharding',
      'shard',
    ])
}
