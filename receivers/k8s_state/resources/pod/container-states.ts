import type { V1ContainerStateTerminated } from '@kubernetes/client-node'
import type { Wire } from '#src/kubernetes/wire.ts'
import type { StateFamily } from '../../state-resource.ts'
import { bool, seconds } from '../../values.ts'
import { mainContainers, partOf, type ContainerStatus } from './containers.ts'
import { of, type Pod } from './pod.ts'

type Terminated = Wire<V1ContainerStateTerminated>

const states = ['running', 'waiting', 'terminated'] as const

/** The reasons that the semantic conventions know; each is told. */
const reasons = [
  'ContainerCreating',
  'CrashLoopBackOff',
  'CreateContainerConfigError',
  'ErrImagePull',
  'ImagePullBackOff',
  'OOMKilled',
  'Completed',
  'Error',
  'ContainerCannotRun',
] as const

const optional = { enabled: false } as const
const containers = { kind: 'updowncounter', unit: '{container}', integer: true } as const

const stateNaming = {
  ...containers,
  name: 'k8s.container.status.state',
  description: 'Whether it is in a state: 1 for the one it is in, 0 for the others.',
  state: 'k8s.container.status.state',
} as const

const reasonNaming = {
  ...containers,
  name: 'k8s.container.status.reason',
  description: 'Whether it is in its state for a reason: 1 for the one that is given, 0 for the others.',
  reason: 'k8s.container.status.reason',
} as const

const terminationNaming = {
  kind: 'gauge',
  enabled: false,
  unit: 's',
  integer: true,
  name: 'k8s.container.termination.time',
  description: 'When it ended the last time for a reason, in Unix time.',
  reason: 'k8s.container.status.last_terminated_reason',
} as const

/** In which state containers are, and why, in the words of OpenTelemetry, and when they ended. */
export const containerStates: readonly StateFamily<Pod>[] = [
  of<'state'>(
    {
      fact: 'in which state it is',
      source: 'status.containerStatuses: state, which is waiting where nothing is said',
      by: ['state'],
      otel: { ...stateNaming, ...optional },
      semconv: stateNaming,
    },
    (pod, add) => {
      for (const status of mainContainers.statuses(pod)) {
        const current = states.find((state) => status.state?.[state]) ?? 'waiting'
        for (const state of states) add(bool(state === current), { state }, partOf(pod, status.name))
      }
    },
  ),
  of<'reason'>(
    {
      fact: 'why it is in the state in which it is',
      source: 'status.containerStatuses: reason of terminated or waiting',
      by: ['reason'],
      otel: { ...reasonNaming, ...optional },
      semconv: reasonNaming,
    },
    (pod, add) => {
      for (const { name, state } of mainContainers.statuses(pod)) {
        const given = (state?.terminated ?? state?.waiting)?.reason
        for (const reason of reasons) add(bool(reason === given), { reason }, partOf(pod, name))
      }
    },
  ),
  of<'container' | 'reason'>(
    {
      fact: 'when it ended the last time for a reason, in Unix seconds: also between two emissions, and before it was started again',
      source: 'status.containerStatuses: finishedAt and reason of terminated, now and the last time',
      by: ['container', 'reason'],
      otel: terminationNaming,
      semconv: terminationNaming,
      vm: {
        name: 'vm_kube_pod_container_terminated_timestamp_seconds',
        kind: 'gauge',
        description: 'Unix time at which it ended the last time for a reason.',
        container: 'container',
        reason: 'reason',
      },
    },
    (pod, add) => {
      for (const status of mainContainers.statuses(pod)) {
        for (const { reason = '', finishedAt } of terminationsOf(status))
          add(seconds(finishedAt), { container: status.name, reason }, partOf(pod, status.name))
      }
    },
  ),
]

/** The newest first, and of each reason the newest only. */
function terminationsOf({ state, lastState }: ContainerStatus): Terminated[] {
  const now = state?.terminated
  const before = lastState?.terminated
  return [now, before?.reason === now?.reason && now ? undefined : before].filter(
    (each) => each !== undefined,
  )
}
