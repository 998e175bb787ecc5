import type { Instrument, MetricDefinition } from '#src/naming/metric.ts'
import { labelFact } from '../../label-fact.ts'
import { sentence } from '../../sentence.ts'
import type { StateFamily } from '../../state-resource.ts'
import { bool, seconds } from '../../values.ts'
import { partOf, type ContainerGroup, type ContainerStatus } from './containers.ts'
import { of, type Pod } from './pod.ts'

/** A number of each container. */
interface ContainerNumber {
  /** After the group's prefix. */
  readonly name: string
  readonly kind?: Instrument
  readonly fact: string
  readonly source: string
  /** Its other names, which only main containers have. */
  readonly others?: Pick<MetricDefinition<'container'>, 'otel' | 'semconv' | 'vm'>
  /** Undefined is no sample. */
  readonly read: (status: ContainerStatus) => number | undefined
}

/** A reason of each container that is in some state. */
interface ContainerReason extends Pick<ContainerNumber, 'name' | 'fact' | 'source'> {
  /** Undefined where the container is not in that state. */
  readonly read: (status: ContainerStatus) => { readonly reason?: string } | undefined
}

const ready: ContainerNumber = {
  name: 'status_ready',
  fact: 'whether it is ready',
  source: 'status: ready',
  others: {
    otel: {
      name: 'k8s.container.ready',
      kind: 'gauge',
      integer: true,
      description: 'Whether it is ready: 1 if so, 0 if not.',
    },
    semconv: {
      name: 'k8s.container.ready',
      kind: 'updowncounter',
      unit: '{container}',
      integer: true,
      description: 'Whether it is ready: 1 if so, 0 if not.',
    },
  },
  read: (status) => bool(status.ready),
}

const restarts: ContainerNumber = {
  name: 'status_restarts_total',
  kind: 'counter',
  fact: 'how often it was started again; less once the kubelet has forgotten some of its containers',
  source: 'status: restartCount',
  others: {
    otel: {
      name: 'k8s.container.restarts',
      kind: 'gauge',
      unit: '{restart}',
      integer: true,
      description: 'How often it was started again, so far as the kubelet still knows.',
    },
    semconv: {
      name: 'k8s.container.restart.count',
      kind: 'updowncounter',
      unit: '{restart}',
      integer: true,
      description: 'How often it was started again, so far as the kubelet still knows.',
    },
  },
  read: (status) => status.restartCount ?? 0,
}

const started: ContainerNumber = {
  name: 'state_started',
  fact: 'when it was started, in Unix seconds',
  source: 'status: startedAt of running or terminated',
  read: ({ state }) => seconds((state?.running ?? state?.terminated)?.startedAt),
}

const lastReason: ContainerReason = {
  name: 'status_last_terminated_reason',
  fact: 'why it ended the last time',
  source: 'status: reason of the last terminated',
  read: ({ lastState }) => lastState?.terminated,
}

const lastExitCode: ContainerNumber = {
  name: 'status_last_terminated_exitcode',
  fact: 'the exit code with which it ended the last time',
  source: 'status: exitCode of the last terminated',
  read: ({ lastState }) => lastState?.terminated?.exitCode,
}

const lastTimestamp: ContainerNumber = {
  name: 'status_last_terminated_timestamp',
  fact: 'when it ended the last time, in Unix seconds',
  source: 'status: finishedAt of the last terminated',
  read: ({ lastState }) => seconds(lastState?.terminated?.finishedAt),
}

const running: ContainerNumber = {
  name: 'status_running',
  fact: 'whether it runs',
  source: 'status: running',
  read: ({ state }) => bool(state?.running !== undefined),
}

const terminated: ContainerNumber = {
  name: 'status_terminated',
  fact: 'whether it has ended',
  source: 'status: terminated',
  read: ({ state }) => bool(state?.terminated !== undefined),
}

const terminatedReason: ContainerReason = {
  name: 'status_terminated_reason',
  fact: 'why it has ended; only once it has',
  source: 'status: reason of terminated',
  read: ({ state }) => state?.terminated,
}

const waiting: ContainerNumber = {
  name: 'status_waiting',
  fact: 'whether it waits to be started',
  source: 'status: waiting',
  read: ({ state }) => bool(state?.waiting !== undefined),
}

const waitingReason: ContainerReason = {
  name: 'status_waiting_reason',
  fact: 'why it waits; only while it does',
  source: 'status: reason of waiting',
  read: ({ state }) => state?.waiting,
}

/** How the containers of a group fare. */
export function containerStatus(group: ContainerGroup): readonly StateFamily<Pod>[] {
  const number = (what: ContainerNumber) => numberOf(group, what)
  const reason = (what: ContainerReason) => reasonOf(group, what)
  return [
    number(started),
    reason(lastReason),
    number(lastExitCode),
    number(lastTimestamp),
    number(ready),
    number(restarts),
    number(running),
    number(terminated),
    reason(terminatedReason),
    number(waiting),
    reason(waitingReason),
  ]
}

function numberOf(
  group: ContainerGroup,
  { name, kind = 'gauge', fact, source, others, read }: ContainerNumber,
): StateFamily<Pod> {
  const hasPart = others !== undefined && !group.isInit
  return of<'container'>(
    {
      fact,
      source,
      by: ['container'],
      prometheus: {
        name: `${group.prefix}_${name}`,
        kind,
        description: sentence(fact),
        container: 'container',
      },
      ...(hasPart ? others : {}),
    },
    (pod, add) => {
      for (const status of group.statuses(pod))
        add(read(status), { container: status.name }, hasPart ? partOf(pod, status.name) : undefined)
    },
  )
}

function reasonOf(group: ContainerGroup, { name, fact, source, read }: ContainerReason): StateFamily<Pod> {
  return of(
    labelFact({ fact, source, prometheus: `${group.prefix}_${name}`, labels: ['container', 'reason'] }),
    (pod, add) => {
      for (const status of group.statuses(pod)) {
        const state = read(status)
        if (state) add(1, { container: status.name, reason: state.reason ?? '' })
      }
    },
  )
}
