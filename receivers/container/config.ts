import { defaultCgroupFolder } from '#src/cgroup/hierarchies.ts'
import { throwAll } from '#src/config/config-error.ts'
import { criSockets, engineSockets } from '#src/containers/runtime-sources.ts'
import { Duration, Options, Type, type Static } from '#src/config/schema.ts'
import { clusterProperties } from '#src/kubernetes/cluster-config.ts'
import { kubeletClientProperties } from '#src/kubelet/client-config.ts'
import { metricNames } from '#src/naming/metric.ts'
import { unknownMetric } from '#src/naming/unknown-metric.ts'
import { NamingOption } from '#src/naming/vocabulary.ts'
import { collectedNames, collectorNames } from './collectors.ts'
import { cycleNames } from './cycle-names.ts'

const socketPath = Type.String({ pattern: '^/.+$' })

const Kubelet = Options(
  {
    ...kubeletClientProperties,
    timeout: Duration({ description: 'How long its answer may take.', default: '5s', minimum: '1ms' }),
  },
  {
    description:
      'A kubelet that names pods and containers by its `/pods`, where the runtime cannot be asked. Its role needs nodes/pods, before Kubernetes 1.33 nodes/proxy.',
  },
)

const Kubernetes = Options(clusterProperties, {
  description:
    'An API server that names the pods and containers of `node_name`, where neither the runtime nor a kubelet can be asked. Its role needs list and watch of pods.',
})

/** The options of `kubelet`. */
export type KubeletOptions = Static<typeof Kubelet>

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
        "The node's name in the vocabularies `otel`, `semconv` and `vm`. Unless given: the variable K8S_NODE_NAME or NODE_NAME, else the host's name.",
      default: '',
    }),
    collectors: Type.Array(Type.Enum(['all', ...collectorNames]), {
      description:
        'What is measured of each cgroup. `spec` is what it may use, and what the machine has (`machine_*`).',
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
    cri_sockets: Type.Array(socketPath, {
      description:
        'Sockets of the Container Runtime Interface on the host. Those that are not there are passed over until they are.',
      default: criSockets,
      uniqueItems: true,
    }),
    docker_sockets: Type.Array(socketPath, {
      description: "Sockets of Docker's API, which podman has too, on the host.",
      default: engineSockets,
      uniqueItems: true,
    }),
    kubelet: Type.Optional(Kubelet),
    kubernetes: Type.Optional(Kubernetes),
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
  const switched = { path: ['metrics'], owner: 'there is' }
  throwAll(Object.keys(metrics).flatMap((name) => unknownMetric(name, names, switched) ?? []))
}
