import { defaultCgroupFolder } from '#src/cgroup/hierarchies.ts'
import { ConfigError, throwAll } from '#src/config/config-error.ts'
import { nearestName } from '#src/config/nearest-name.ts'
import { Duration, Options, Type, type Static } from '#src/config/schema.ts'
import { isMetricName, metricNames } from '#src/naming/metric.ts'
import { NamingOption } from '#src/naming/vocabulary.ts'
import { collectedNames, collectorNames } from './collectors.ts'
import { cycleNames } from './cycle-names.ts'

/** The options of `container`; those that the Kubernetes monitoring proposal has are named as there. */
export const Config = Options(
  {
    interval: Duration({
      description: 'The time from one measurement to the next.',
      default: '15s',
      minimum: '1ms',
    }),
    initial_delay: Duration({ description: 'The time until the first one.', default: '1s' }),
    root_path: Type.String({
      description:
        'Where the root of the host is mounted, where that is not where the process lives: `/host` in a container.',
      default: '',
      pattern: '^(/.*)?$',
    }),
    cgroup_path: Type.String({
      description: 'Where cgroups are mounted on the host.',
      default: defaultCgroupFolder,
      pattern: '^/.*$',
    }),
    naming: NamingOption,
    node_name: Type.String({
      description:
        "The node's name in the vocabularies `otel`, `semconv` and `vm`. Unless given: the variable NODE_NAME, else the host's name.",
      default: '',
    }),
    collectors: Type.Array(Type.Enum(['all', ...collectorNames]), {
      description: 'What is measured of each cgroup.',
      default: ['all'],
      uniqueItems: true,
      minItems: 1,
    }),
    levels: Type.Array(Type.Enum(['node', 'slice', 'pod', 'container']), {
      description:
        'Which cgroups are measured: the root, slices (services of systemd, classes of pods), pods, containers.',
      default: ['node', 'pod', 'container'],
      uniqueItems: true,
      minItems: 1,
    }),
    workers: Type.Integer({
      description: 'How many cgroups are read before other work has its turn.',
      default: 5,
      minimum: 1,
      maximum: 10_000,
    }),
    use_cache: Type.Boolean({
      description:
        'Whether names and limits are remembered, for a minute or until a container is not known. Without it both are asked for in each cycle.',
      default: true,
    }),
    metrics: Type.Record(
      Type.String(),
      Options({ enabled: Type.Boolean({ description: 'Whether the metric is emitted.' }) }),
      {
        description:
          'Metrics that are switched on or off, by their name in any vocabulary: `{enabled: false}`.',
        default: {},
      },
    ),
  },
  { aliases: { collection_interval: 'interval' } },
)

export type ContainerConfig = Static<typeof Config>

/** Throws a `ConfigError` for every metric that there is not. */
export function checkMetrics({ metrics }: ContainerConfig): void {
  const names = metricNames([...collectedNames, ...cycleNames])
  throwAll(
    Object.keys(metrics).flatMap((name) => {
      if (isMetricName(name, names)) return []
      const nearest = nearestName(name, names)
      const hint = nearest === undefined ? '' : `; did you mean ${nearest}?`
      return [new ConfigError(`there is no metric ${name}${hint}`, ['metrics', name])]
    }),
  )
}
