import type { V1PodCondition } from '@kubernetes/client-node'
import type { Wire } from '#src/kubernetes/wire.ts'
import { labelFact } from '../../label-fact.ts'
import { numberFact } from '../../number-fact.ts'
import { addCondition } from '../../shared-families.ts'
import type { StateFamily } from '../../state-resource.ts'
import { seconds } from '../../values.ts'
import { of, type Pod } from './pod.ts'

type Condition = Wire<V1PodCondition>

/** Whether a condition holds: three rows of which one is 1. */
function held(name: string, type: string, fact: string): StateFamily<Pod> {
  return of(
    labelFact({
      fact,
      source: `status.conditions: the status of ${type}`,
      prometheus: name,
      labels: ['condition'],
    }),
    (pod, add) => {
      const condition = conditionOf(pod, type)
      if (condition !== undefined) addCondition(add, condition.status, (each) => ({ condition: each }))
    },
  )
}

/** A number that a condition gives while it has some status. */
function whileHeld(
  name: string,
  [type, status]: readonly [type: string, status: 'True' | 'False'],
  fact: string,
  read: (condition: Condition) => number | undefined,
): StateFamily<Pod> {
  return of(
    numberFact({ fact, source: `status.conditions: ${type}, while it is ${status}`, prometheus: name }),
    (pod) => {
      const condition = conditionOf(pod, type)
      return condition?.status === status ? read(condition) : undefined
    },
  )
}

function since({ lastTransitionTime }: Condition): number | undefined {
  return seconds(lastTransitionTime)
}

export const readiness: readonly StateFamily<Pod>[] = [
  held('kube_pod_status_ready', 'Ready', 'whether it is ready to serve'),
  whileHeld(
    'kube_pod_status_ready_time',
    ['Ready', 'True'],
    'since when it is ready, in Unix seconds',
    since,
  ),
  whileHeld(
    'kube_pod_status_initialized_time',
    ['Initialized', 'True'],
    'since when all its init containers are done, in Unix seconds',
    since,
  ),
  whileHeld(
    'kube_pod_status_container_ready_time',
    ['ContainersReady', 'True'],
    'since when all its containers are ready, in Unix seconds',
    since,
  ),
]

export const scheduling: readonly StateFamily<Pod>[] = [
  held('kube_pod_status_scheduled', 'PodScheduled', 'whether a node was found for it'),
  whileHeld(
    'kube_pod_status_scheduled_time',
    ['PodScheduled', 'True'],
    'since when it has a node, in Unix seconds',
    since,
  ),
  whileHeld(
    'kube_pod_status_unscheduled_time',
    ['PodScheduled', 'False'],
    'since when no node is found for it, in Unix seconds',
    since,
  ),
  whileHeld(
    'kube_pod_status_unschedulable',
    ['PodScheduled', 'False'],
    'that no node is found for it',
    () => 1,
  ),
]

function conditionOf({ status }: Pod, type: string): Condition | undefined {
  const conditions: readonly Condition[] = status?.conditions ?? []
  return conditions.find((each) => each.type === type)
}
