import type {
  V2CrossVersionObjectReference,
  V2HorizontalPodAutoscaler,
  V2HorizontalPodAutoscalerCondition,
  V2MetricSpec,
  V2MetricStatus,
} from '@kubernetes/client-node'
import type { ApiObject, Wire } from '#src/kubernetes/wire.ts'
import { labelFact } from '../label-fact.ts'
import { numberFact } from '../number-fact.ts'
import { quantity } from '#src/kubernetes/quantity.ts'
import { addCondition, created, deletion, generation } from '../shared-families.ts'
import { family, stateResource, type AddSample } from '../state-resource.ts'

type HorizontalPodAutoscaler = ApiObject<V2HorizontalPodAutoscaler>
const of = family<HorizontalPodAutoscaler>()

/** What a metric of an autoscaler is of, and its values. */
interface MetricSource {
  /** Of metrics of pods, objects and the outside. */
  readonly metric?: { readonly name?: string }
  /** Of `cpu` and `memory`. */
  readonly name?: string
  readonly container?: string
  readonly target?: MetricValues
  readonly current?: MetricValues
}

interface MetricValues {
  readonly value?: string
  readonly averageValue?: string
  readonly averageUtilization?: number
}

/** Where a metric has its source, by its type. */
const sourceFields = new Map<string, Exclude<keyof V2MetricSpec & keyof V2MetricStatus, 'type'>>([
  ['Object', 'object'],
  ['Pods', 'pods'],
  ['Resource', 'resource'],
  ['ContainerResource', 'containerResource'],
  ['External', 'external'],
])

type MetricDimension = 'source_type' | 'metric_name' | 'metric_target_type' | 'container'
const metricDimensions: readonly MetricDimension[] = [
  'source_type',
  'metric_name',
  'metric_target_type',
  'container',
]
const metricLabels = {
  metric_name: 'metric_name',
  metric_target_type: 'metric_target_type',
  container: 'container',
} as const

/** How the semantic conventions tell the CPU that is aimed at: a metric for each kind of target. */
const cpuTargets = (
  [
    ['value', 'value', '{cpu}'],
    ['average', 'average_value', '{cpu}'],
    ['utilization', 'average_utilization', '1'],
  ] as const
).flatMap(([target, name, unit]) => {
  const naming = {
    name: `k8s.hpa.metric.target.cpu.${name}`,
    kind: 'gauge',
    unit,
    description: 'The CPU time that it aims at, a percentage of requests where it is an average utilization.',
    source_type: 'k8s.hpa.metric.type',
  } as const
  const where = (source: string) => ({ source_type: source, metric_name: 'cpu', metric_target_type: target })
  return [
    { ...naming, where: where('Resource') },
    { ...naming, where: where('ContainerResource'), container: 'k8s.container.name' },
  ]
})

/** The values of metrics: those that are aimed at, or those of now. */
function addMetrics(
  metrics: readonly Wire<V2MetricSpec | V2MetricStatus>[] | null | undefined,
  values: 'target' | 'current',
  add: AddSample<MetricDimension>,
): void {
  for (const metric of metrics ?? []) {
    const field = sourceFields.get(metric.type)
    // The API checks what is wanted, and not that the status has the source that its type promises.
    const source: MetricSource | undefined = field && metric[field]
    const said = source?.[values]
    if (source === undefined || said === undefined) continue
    const name = source.metric?.name ?? source.name ?? ''
    const dimensions = { source_type: metric.type, metric_name: name, container: source.container ?? '' }
    add(quantity(said.value), { ...dimensions, metric_target_type: 'value' })
    add(said.averageUtilization, { ...dimensions, metric_target_type: 'utilization' })
    add(quantity(said.averageValue), { ...dimensions, metric_target_type: 'average' })
  }
}

/** What is scaled. */
function scaled(spec: HorizontalPodAutoscaler['spec']): Partial<Wire<V2CrossVersionObjectReference>> {
  return spec?.scaleTargetRef ?? {}
}

/** HorizontalPodAutoscalers, as `kube_horizontalpodautoscaler_*`. */
export const horizontalPodAutoscalers = stateResource<HorizontalPodAutoscaler>({
  resource: { group: 'autoscaling', version: 'v2', name: 'horizontalpodautoscalers', namespaced: true },
  byDefault: true,
  prefix: 'kube_horizontalpodautoscaler',
  label: 'horizontalpodautoscaler',
  attribute: 'k8s.hpa',
  semconvAttributes: ({ spec }) => {
    const { kind = '', name = '', apiVersion = '' } = scaled(spec)
    return [
      'k8s.hpa.scaletargetref.kind',
      kind,
      'k8s.hpa.scaletargetref.name',
      name,
      ...(apiVersion === '' ? [] : ['k8s.hpa.scaletargetref.api_version', apiVersion]),
    ]
  },
  families: [
    of(
      labelFact({
        fact: 'what it scales',
        source: 'spec.scaleTargetRef',
        prometheus: 'kube_horizontalpodautoscaler_info',
        labels: ['scaletargetref_api_version', 'scaletargetref_kind', 'scaletargetref_name'],
      }),
      ({ spec }, add) => {
        const { apiVersion = '', kind = '', name = '' } = scaled(spec)
        add(1, {
          scaletargetref_api_version: apiVersion,
          scaletargetref_kind: kind,
          scaletargetref_name: name,
        })
      },
    ),
    created('kube_horizontalpodautoscaler'),
    generation('kube_horizontalpodautoscaler'),
    deletion('kube_horizontalpodautoscaler'),
    of(
      numberFact({
        fact: 'pods that it may scale up to',
        source: 'spec.maxReplicas',
        prometheus: 'kube_horizontalpodautoscaler_spec_max_replicas',
        unit: '{pod}',
        otel: 'k8s.hpa.max_replicas',
        semconv: 'k8s.hpa.pod.max',
      }),
      ({ spec }) => spec?.maxReplicas ?? 0,
    ),
    of(
      numberFact({
        fact: 'pods that it may scale down to',
        source: 'spec.minReplicas, 1 where it is not given',
        prometheus: 'kube_horizontalpodautoscaler_spec_min_replicas',
        unit: '{pod}',
        otel: 'k8s.hpa.min_replicas',
        semconv: 'k8s.hpa.pod.min',
      }),
      ({ spec }) => spec?.minReplicas ?? 1,
    ),
    of(
      {
        fact: 'what it aims at',
        source: 'spec.metrics',
        by: metricDimensions,
        prometheus: {
          name: 'kube_horizontalpodautoscaler_spec_target_metric',
          kind: 'gauge',
          description:
            'What it aims at: the value of a metric, its average over pods, or a percentage of requests.',
          ...metricLabels,
        },
        semconv: cpuTargets,
      },
      ({ spec }, add) => addMetrics(spec?.metrics, 'target', add),
    ),
    of(
      {
        fact: 'the value now of what it aims at',
        source: 'status.currentMetrics',
        by: metricDimensions,
        prometheus: {
          name: 'kube_horizontalpodautoscaler_status_target_metric',
          kind: 'gauge',
          description: 'The value now of what it aims at.',
          ...metricLabels,
        },
      },
      ({ status }, add) => addMetrics(status?.currentMetrics, 'current', add),
    ),
    of(
      numberFact({
        fact: 'by what share a metric may be too low before it scales down',
        source: 'spec.behavior.scaleDown.tolerance',
        prometheus: 'kube_horizontalpodautoscaler_spec_behavior_scale_down_tolerance',
      }),
      ({ spec }) => quantity(spec?.behavior?.scaleDown?.tolerance),
    ),
    of(
      numberFact({
        fact: 'by what share a metric may be too high before it scales up',
        source: 'spec.behavior.scaleUp.tolerance',
        prometheus: 'kube_horizontalpodautoscaler_spec_behavior_scale_up_tolerance',
      }),
      ({ spec }) => quantity(spec?.behavior?.scaleUp?.tolerance),
    ),
    of(
      numberFact({
        fact: 'pods that there are',
        source: 'status.currentReplicas',
        prometheus: 'kube_horizontalpodautoscaler_status_current_replicas',
        unit: '{pod}',
        otel: 'k8s.hpa.current_replicas',
        semconv: 'k8s.hpa.pod.current',
      }),
      ({ status }) => status?.currentReplicas ?? 0,
    ),
    of(
      numberFact({
        fact: 'pods that it has found there should be',
        source: 'status.desiredReplicas',
        prometheus: 'kube_horizontalpodautoscaler_status_desired_replicas',
        unit: '{pod}',
        otel: 'k8s.hpa.desired_replicas',
        semconv: 'k8s.hpa.pod.desired',
      }),
      ({ status }) => status?.desiredReplicas ?? 0,
    ),
    of(
      labelFact({
        fact: 'whether its condition holds',
        source: 'status.conditions',
        prometheus: 'kube_horizontalpodautoscaler_status_condition',
        labels: ['condition', 'status'],
      }),
      ({ status }, add) => {
        const conditions: readonly Wire<V2HorizontalPodAutoscalerCondition>[] = status?.conditions ?? []
        for (const { type: condition, status: said } of conditions)
          addCondition(add, said, (each) => ({ condition, status: each }))
      },
    ),
  ],
})
