import { systemClock } from '#src/component/clock.ts'
import { ConfigError, makeAll, throwAll } from '#src/config/config-error.ts'
import { Duration, Options, Type, type Static } from '#src/config/schema.ts'
import {
  compileKubeletClient,
  kubeletAccess,
  kubeletClientProperties,
  nodeNameOf,
} from '#src/kubelet/client-config.ts'
import type { AccessRule } from '#src/kubernetes/access-rule.ts'
import { clusterProperties } from '#src/kubernetes/cluster-config.ts'
import { metricNames } from '#src/naming/metric.ts'
import { unknownMetric } from '#src/naming/unknown-metric.ts'
import { NamingOption } from '#src/naming/vocabulary.ts'
import { silentLogger } from '#src/telemetry/silent-logger.ts'
import { cycleNames } from './cycle-names.ts'
import { usageNames } from './names.ts'
import { networkNames } from './network-names.ts'
import { nodes } from './node-capacity.ts'
import { storageNames } from './storage-names.ts'
import { pressureNames } from './pressure-names.ts'
import { metricGroups } from './summary-rows.ts'
import { utilizationNames, wantedWholes } from './utilization-names.ts'

/** All facts of the summary. */
export const summaryNames = [
  ...usageNames,
  ...networkNames,
  ...storageNames,
  ...utilizationNames,
  ...pressureNames,
  ...cycleNames,
]

/** The longest that a kubelet may take where the configuration does not say. */
const longestTimeoutMs = 10_000

const interfacesOf = (what: string) =>
  Type.Boolean({ description: `Whether all interfaces of ${what} are meant.`, default: false })

/** The options of `kubelet_stats`: the Collector's; `endpoints`, `naming`, `timeout` and `honor_timestamps` are our own. */
export const Config = Options({
  collection_interval: Duration({
    description: 'The time from one question to the next.',
    default: '10s',
    minimum: '1ms',
  }),
  initial_delay: Duration({ description: 'The time until the first summary.', default: '1s' }),
  timeout: Duration({
    description: 'How long one answer may take. 0 is the interval, 10s at most.',
    default: '0s',
  }),
  ...kubeletClientProperties,
  node: Type.String({
    description:
      "The name of the node. Unless given: the variable K8S_NODE_NAME or NODE_NAME, else the host's name.",
    default: '',
  }),
  endpoints: Type.Array(Type.Enum(['summary', 'resource', 'cadvisor', 'probes', 'metrics']), {
    description:
      'What is asked for: `summary` (/stats/summary) is read into the facts of `naming`; `resource`, `cadvisor` and `probes` (/metrics/...), and `metrics` (/metrics, what the kubelet tells of itself and of volumes) are scraped as they are.',
    default: ['summary'],
    uniqueItems: true,
    minItems: 1,
  }),
  naming: NamingOption,
  metric_groups: Type.Array(Type.Enum(metricGroups), {
    description: 'Which rows of the summary are meant.',
    default: ['container', 'pod', 'node'],
    uniqueItems: true,
  }),
  extra_metadata_labels: Type.Array(Type.Enum(['container.id', 'k8s.volume.type']), {
    description:
      'What /pods adds to containers and volumes. The role needs nodes/pods for it, before Kubernetes 1.33 nodes/proxy.',
    default: [],
    uniqueItems: true,
  }),
  collect_all_network_interfaces: Options(
    { pod: interfacesOf('pods'), node: interfacesOf('the node') },
    { description: 'Interfaces other than the default one.' },
  ),
  honor_timestamps: Type.Boolean({
    description: 'Whether samples of the text endpoints have the times that the kubelet says.',
    default: true,
  }),
  metrics: Type.Record(
    Type.String(),
    Options({ enabled: Type.Boolean({ description: 'Whether the metric is emitted.' }) }),
    {
      description:
        'Metrics of the summary that are switched on or off, by their name in any vocabulary: `{enabled: false}`.',
      default: {},
    },
  ),
  k8s_api_config: Type.Optional(
    Options(clusterProperties, {
      description:
        'How to reach the API server, which says what the node has: for `k8s.*.node.utilization` alone. The role needs get of nodes for it.',
    }),
  ),
})

export type KubeletStatsConfig = Static<typeof Config>

/** How long one answer may take, in milliseconds. */
export function timeoutOf({ timeout, collection_interval: intervalMs }: KubeletStatsConfig): number {
  return Math.min(intervalMs, timeout > 0 ? timeout : longestTimeoutMs)
}

/** What must be allowed to ask the kubelet for what the options choose. */
export function accessOf(config: KubeletStatsConfig): AccessRule[] {
  const { endpoints, k8s_api_config: api } = config
  const asksForNode = api !== undefined && wantedWholes(config.metrics).has('node')
  return [
    ...kubeletAccess(config, [
      ...(endpoints.includes('summary') ? ['stats'] : []),
      ...(endpoints.some((endpoint) => endpoint !== 'summary') ? ['metrics'] : []),
      ...(needsPods(config) ? ['pods'] : []),
    ]),
    ...(asksForNode ? [{ group: nodes.group, resource: nodes.name, verbs: ['get'] }] : []),
  ]
}

/** Whether the descriptions of pods are needed: for attributes, or to know what containers may use. */
export function needsPods({ extra_metadata_labels: labels, metrics }: KubeletStatsConfig): boolean {
  const wholes = wantedWholes(metrics)
  return labels.length > 0 || wholes.has('limit') || wholes.has('request')
}

/** Throws a `ConfigError` with all that the schema cannot say. */
export function checkOptions(config: KubeletStatsConfig): void {
  makeAll(
    () => throwAll(unknownMetrics(config)),
    () => checkNodeUtilization(config),
    () => {
      const surroundings = { clock: systemClock, logger: silentLogger }
      compileKubeletClient(config, nodeNameOf(config.node), surroundings).close()
    },
  )
}

function checkNodeUtilization({ metrics, k8s_api_config: api }: KubeletStatsConfig): void {
  if (api !== undefined || !wantedWholes(metrics).has('node')) return
  throw new ConfigError(
    'metrics of node.utilization need k8s_api_config: only the API server says what the node has',
    ['metrics'],
  )
}

function unknownMetrics({ metrics }: KubeletStatsConfig): ConfigError[] {
  const names = metricNames(summaryNames)
  const switched = { path: ['metrics'], owner: 'the summary has' }
  return Object.keys(metrics).flatMap((name) => unknownMetric(name, names, switched) ?? [])
}
