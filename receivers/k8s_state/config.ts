import { compilePattern } from '#src/regex/pattern.ts'
import { located } from '#src/config/located.ts'
import { Duration, Options, Type, type Static } from '#src/config/schema.ts'
import { clusterProperties } from '#src/kubernetes/cluster-config.ts'
import { NamingOption } from '#src/naming/vocabulary.ts'
import { CustomResourceStateOptions } from './custom/options.ts'
import { stateResourceNames } from './state-resources.ts'

const ResourceName = Type.Enum(['default', 'all', ...stateResourceNames])
const names = (description: string) =>
  Type.Array(Type.String({ minLength: 1 }), { description, default: [], uniqueItems: true })
const keysByResource = (description: string) =>
  Type.Record(Type.String(), Type.Array(Type.String({ minLength: 1 })), { description, default: {} })

const LeaderElection = Options(
  {
    lease_name: Type.String({
      description: 'The Lease by which replicas elect who emits.',
      default: 'weir-k8s-state',
    }),
    lease_namespace: Type.Optional(
      Type.String({ description: "Its namespace. Unless given: the pod's own." }),
    ),
  },
  {
    description:
      'Several replicas watch, and one of them emits. The others have all that is known at hand when it is gone.',
  },
)

const Sharding = Options(
  {
    shard: Type.Optional(
      Type.Integer({
        description: 'Which part this one has, from 0. Unless given, that of its pod.',
        minimum: 0,
      }),
    ),
    total_shards: Type.Optional(
      Type.Integer({ description: 'How many parts there are. With `shard` only.', minimum: 1 }),
    ),
  },
  {
    description:
      'Several instances divide the objects by their uid. Without `shard`: the ordinal of the pod in its StatefulSet, by the variables POD_NAME and POD_NAMESPACE, of as many as that has replicas.',
  },
)

/** The options of `k8s_state`. */
export const Config = Options(
  {
    ...clusterProperties,
    interval: Duration({
      description: 'The time from one emission to the next.',
      default: '30s',
      minimum: '1ms',
    }),
    changes_at_once: Type.Boolean({
      description: 'Whether what changes is emitted at once too, and not only with the next emission of all.',
      default: false,
    }),
    naming: NamingOption,
    resources: Type.Array(ResourceName, {
      description: "Which resources are watched; `default` is kube-state-metrics' choice.",
      default: ['default'],
      uniqueItems: true,
    }),
    exclude_resources: Type.Array(Type.Enum(stateResourceNames), {
      description: 'Which are not.',
      default: [],
      uniqueItems: true,
    }),
    namespaces: names('Namespaces whose objects are told; all where empty. Each has watches of its own.'),
    exclude_namespaces: names('Namespaces whose objects are not told.'),
    labels_allowlist: keysByResource(
      'Labels of objects that `kube_*_labels` bears, by resource: keys, `prefix*`, or `*` for all. `*` as a resource is every one.',
    ),
    annotations_allowlist: keysByResource('The same for annotations and `kube_*_annotations`.'),
    bare_labels: Type.Boolean({
      description:
        'Whether there is `kube_*_labels` also where no label is allowed. Many dashboards count objects by it.',
      default: false,
    }),
    metric_allowlist: names(
      'Metrics that are emitted, by patterns that match the whole name; all where empty.',
    ),
    metric_denylist: names('Metrics that are not, by the same.'),
    metrics: Type.Record(
      Type.String(),
      Options({ enabled: Type.Boolean({ description: 'Whether the metric is emitted.' }) }),
      {
        description:
          'Metrics that are switched on or off, by their name in any vocabulary: `{enabled: false}`.',
        default: {},
      },
    ),
    stale_after: Duration({
      description:
        'How long the last state is told while the API server cannot be reached. Then all series end until it can.',
      default: '5m',
    }),
    custom_resource_state: Type.Optional(CustomResourceStateOptions),
    custom_resource_state_file: Type.Optional(
      Type.String({
        description: 'A file that says the same, with more resources. It is watched.',
        minLength: 1,
      }),
    ),
    leader_election: Type.Optional(LeaderElection),
    sharding: Type.Optional(Sharding),
  },
  { aliases: { collection_interval: 'interval' } },
)

export type K8sStateConfig = Static<typeof Config>

/** Whether a metric is emitted by its name; its own default decides where this is undefined. */
export type EnabledMetrics = (name: string) => boolean | undefined

/**
 * What `metrics`, `metric_allowlist` and `metric_denylist` say together.
 *
 * @throws {ConfigError} for a pattern that is none
 */
export function compileEnabled(config: K8sStateConfig): EnabledMetrics {
  const compile = (option: 'metric_allowlist' | 'metric_denylist') =>
    config[option].map((source, index) =>
      located([option, index], () => compilePattern(source, { anchored: true })),
    )
  const allowed = compile('metric_allowlist')
  const denied = compile('metric_denylist')
  return (name) => {
    if (denied.some((pattern) => pattern.matches(name))) return false
    if (allowed.length > 0 && !allowed.some((pattern) => pattern.matches(name))) return false
    return config.metrics[name]?.enabled
  }
}
