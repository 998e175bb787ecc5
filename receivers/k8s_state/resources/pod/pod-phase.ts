import { labelFact } from '../../label-fact.ts'
import { numberFact } from '../../number-fact.ts'
import type { StateFamily } from '../../state-resource.ts'
import { bool, seconds } from '../../values.ts'
import { mainContainers } from './containers.ts'
import { of, type Pod } from './pod.ts'

const phases = ['Pending', 'Succeeded', 'Failed', 'Unknown', 'Running'] as const

/** The Collector's numbers for phases; another one is as if it were unknown. */
const phaseNumbers = new Map(Object.entries({ Pending: 1, Running: 2, Succeeded: 3, Failed: 4, Unknown: 5 }))

const qualities = ['BestEffort', 'Burstable', 'Guaranteed'] as const

/** When the last container of a pod ended. */
export const completionTime: StateFamily<Pod> = of(
  numberFact({
    fact: 'when the last of its containers ended, in Unix seconds',
    source: 'status.containerStatuses: the latest finishedAt',
    prometheus: 'kube_pod_completion_time',
  }),
  (pod) => {
    const ends = mainContainers.statuses(pod).map(({ state }) => seconds(state?.terminated?.finishedAt) ?? 0)
    const last = Math.max(0, ...ends)
    return last > 0 ? last : undefined
  },
)

export const startTime: StateFamily<Pod> = of(
  numberFact({
    fact: 'when the kubelet took it on, in Unix seconds',
    source: 'status.startTime',
    prometheus: 'kube_pod_start_time',
  }),
  ({ status }) => seconds(status?.startTime),
)

/** In which phase pods are: a row for each in which they may be, and the Collector's number. */
export const phase: readonly StateFamily<Pod>[] = [
  of(
    {
      ...labelFact({
        fact: 'whether it is in a phase',
        source: 'status.phase',
        prometheus: 'kube_pod_status_phase',
        labels: ['phase'],
      }),
      semconv: {
        name: 'k8s.pod.status.phase',
        kind: 'updowncounter',
        unit: '{pod}',
        integer: true,
        description: 'Whether it is in a phase: 1 for the one it is in, 0 for the others.',
        phase: 'k8s.pod.status.phase',
      },
      vm: {
        name: 'vm_kube_pod_status',
        kind: 'gauge',
        description: 'Whether it is in a phase.',
        phase: 'phase',
      },
    },
    ({ status }, add) => {
      const current = status?.phase ?? ''
      if (current !== '') for (const each of phases) add(bool(each === current), { phase: each })
    },
  ),
  of(
    numberFact({
      fact: 'its phase as a number: 1 Pending, 2 Running, 3 Succeeded, 4 Failed, 5 Unknown',
      source: 'status.phase',
      otel: 'k8s.pod.phase',
    }),
    ({ status }) => phaseNumbers.get(status?.phase ?? '') ?? 5,
  ),
]

export const qosClass: StateFamily<Pod> = of(
  labelFact({
    fact: 'how well it is served where resources are scarce',
    source: 'status.qosClass',
    prometheus: 'kube_pod_status_qos_class',
    labels: ['qos_class'],
  }),
  ({ status }, add) => {
    const current = status?.qosClass ?? ''
    if (current !== '') for (const each of qualities) add(bool(each === current), { qos_class: each })
  },
)
