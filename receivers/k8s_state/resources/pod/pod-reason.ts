import type { V1PodCondition } from '@kubernetes/client-node'
import type { Wire } from '#src/kubernetes/wire.ts'
import { labelFact } from '../../label-fact.ts'
import { numberFact } from '../../number-fact.ts'
import type { StateFamily } from '../../state-resource.ts'
import { bool, seconds } from '../../values.ts'
import { mainContainers } from './containers.ts'
import { of, type Pod } from './pod.ts'

/** The reasons of which each is told, in the order of the Collector's numbers for them. */
const reasons = ['Evicted', 'NodeAffinity', 'NodeLost', 'Shutdown', 'UnexpectedAdmissionError'] as const

/** Those that are told only where they are given. */
const rareReasons = ['PreemptionByScheduler', 'SchedulingGated', 'TerminationByKubelet'] as const

const knownReasons: ReadonlySet<string> = new Set([...reasons, ...rareReasons])

/** Why pods were disrupted, of those that Kubernetes itself gives. */
const disruptions: ReadonlySet<string> = new Set([
  'PreemptionByScheduler',
  'DeletionByTaintManager',
  'EvictionByEvictionAPI',
  'DeletionByPodGC',
  'TerminationByKubelet',
])

/** Why pods are what they are. */
export const podReasons: readonly StateFamily<Pod>[] = [
  of(
    labelFact({
      fact: 'whether it is what it is for a reason',
      source: 'status.reason, and the reasons of conditions and of containers that have ended',
      prometheus: 'kube_pod_status_reason',
      labels: ['reason'],
    }),
    (pod, add) => {
      const given = givenReasons(pod)
      for (const reason of reasons) add(bool(given.has(reason)), { reason })
      for (const reason of rareReasons) if (given.has(reason)) add(1, { reason })
      const { reason = '' } = pod.status ?? {}
      if (reason !== '' && !knownReasons.has(reason)) add(1, { reason: 'Other' })
    },
  ),
  of<'reason'>(
    {
      fact: 'whether it is what it is for a reason that it gives itself',
      source: 'status.reason',
      by: ['reason'],
      semconv: {
        name: 'k8s.pod.status.reason',
        kind: 'updowncounter',
        unit: '{pod}',
        integer: true,
        description: 'Whether it is what it is for a reason: 1 for the one that is given, 0 for the others.',
        reason: 'k8s.pod.status.reason',
      },
    },
    ({ status }, add) => {
      for (const reason of reasons) add(bool(reason === status?.reason), { reason })
    },
  ),
  of(
    numberFact({
      fact: 'its reason as a number: 1 Evicted, 2 NodeAffinity, 3 NodeLost, 4 Shutdown, 5 UnexpectedAdmissionError, 6 another or none',
      source: 'status.reason',
      otel: { name: 'k8s.pod.status_reason', enabled: false },
    }),
    ({ status }) => {
      const index = reasons.findIndex((reason) => reason === status?.reason)
      return index < 0 ? 6 : index + 1
    },
  ),
]

const disruptionTime = {
  kind: 'gauge',
  enabled: false,
  unit: 's',
  integer: true,
  name: 'k8s.pod.disruption.time',
  description: 'When it was disrupted, in Unix time.',
  reason: 'k8s.pod.disruption.reason',
} as const

/** That pods were evicted, preempted or otherwise disrupted, why, and when. */
export const disruption: readonly StateFamily<Pod>[] = [
  of(
    labelFact({
      fact: 'why it was disrupted',
      source: 'status.conditions: the reason of DisruptionTarget',
      prometheus: 'kube_pod_status_disruption_reason',
      labels: ['reason'],
    }),
    (pod, add) => {
      for (const { reason } of disruptionsOf(pod)) add(1, { reason })
    },
  ),
  of<'reason'>(
    {
      fact: 'when it was disrupted, in Unix seconds',
      source: 'status.conditions: lastTransitionTime of DisruptionTarget',
      by: ['reason'],
      otel: disruptionTime,
      semconv: disruptionTime,
      prometheus: {
        name: 'kube_pod_status_disruption_time',
        kind: 'gauge',
        enabled: false,
        description: 'Unix time at which it was disrupted.',
        reason: 'reason',
      },
      vm: {
        name: 'vm_kube_pod_disruption_timestamp_seconds',
        kind: 'gauge',
        description: 'Unix time at which it was disrupted.',
        reason: 'reason',
      },
    },
    (pod, add) => {
      for (const { reason, time } of disruptionsOf(pod)) add(seconds(time), { reason })
    },
  ),
]

function givenReasons(pod: Pod): ReadonlySet<string | undefined> {
  const given = new Set([pod.status?.reason])
  for (const { reason } of conditionsOf(pod)) given.add(reason)
  for (const { state } of mainContainers.statuses(pod)) given.add(state?.terminated?.reason)
  return given
}

function disruptionsOf(pod: Pod): { reason: string; time: string | undefined }[] {
  return conditionsOf(pod)
    .filter(({ type }) => type === 'DisruptionTarget')
    .map(({ reason = '', lastTransitionTime: time }) => ({
      reason: disruptions.has(reason) ? reason : 'Other',
      time,
    }))
}

function conditionsOf({ status }: Pod): readonly Wire<V1PodCondition>[] {
  return status?.conditions ?? []
}
