import type { V1NodeCondition } from '@kubernetes/client-node'
import type { Wire } from '#src/kubernetes/wire.ts'
import { addCondition } from '../../shared-families.ts'
import type { StateFamily } from '../../state-resource.ts'
import { of, type Node } from './node.ts'

/** The conditions that the kubelet gives, and the Collector's metric of each, of which it emits the first unless told otherwise. */
const kubeletConditions = [
  ['Ready', 'k8s.node.condition_ready'],
  ['MemoryPressure', 'k8s.node.condition_memory_pressure'],
  ['DiskPressure', 'k8s.node.condition_disk_pressure'],
  ['PIDPressure', 'k8s.node.condition_pid_pressure'],
  ['NetworkUnavailable', 'k8s.node.condition_network_unavailable'],
] as const

/** The Collector's numbers for what is said of a condition. */
const statusNumbers = new Map(Object.entries({ True: 1, False: 0, Unknown: -1 }))

const numberGauge = {
  kind: 'gauge',
  integer: true,
  description: 'Whether a condition holds: 1 if so, 0 if not, -1 unknown.',
} as const

/** In which conditions a node is. */
export const nodeConditions: readonly StateFamily<Node>[] = [
  of<'condition' | 'status'>(
    {
      fact: 'whether a condition of it holds',
      source: 'status.conditions',
      by: ['condition', 'status'],
      semconv: {
        name: 'k8s.node.condition.status',
        kind: 'updowncounter',
        unit: '{node}',
        integer: true,
        description: 'What is said of a condition: 1 for what is said, 0 for the rest.',
        condition: 'k8s.node.condition.type',
        status: 'k8s.node.condition.status',
      },
      prometheus: {
        name: 'kube_node_status_condition',
        kind: 'gauge',
        description: 'What is said of a condition of it.',
        condition: 'condition',
        status: 'status',
      },
      vm: {
        name: 'vm_kube_node_status',
        kind: 'gauge',
        description: 'What is said of a condition of it.',
        condition: 'condition',
        status: 'status',
      },
    },
    (node, add) => {
      for (const { type: condition, status: said } of conditionsOf(node))
        addCondition(add, said, (status) => ({ condition, status }))
    },
  ),
  of<'condition'>(
    {
      fact: 'what is said of a condition, as a number: 1 true, 0 false, -1 unknown',
      source: 'status.conditions',
      by: ['condition'],
      otel: {
        ...numberGauge,
        name: 'k8s.node.condition',
        unit: '{condition}',
        enabled: false,
        condition: 'condition',
      },
    },
    (node, add) => {
      for (const { type: condition, status } of conditionsOf(node))
        add(statusNumbers.get(status) ?? -1, { condition })
    },
  ),
  of<'condition'>(
    {
      fact: 'what is said of a condition that the kubelet gives, as a number: 1 true, 0 false, -1 unknown or nothing',
      source: 'status.conditions',
      by: ['condition'],
      otel: kubeletConditions.map(([condition, name]) => ({
        ...numberGauge,
        ...(condition === 'Ready' ? {} : { enabled: false }),
        where: { condition },
        name,
      })),
    },
    (node, add) => {
      const conditions = conditionsOf(node)
      for (const [condition] of kubeletConditions) {
        const { status = '' } = conditions.find(({ type }) => type === condition) ?? {}
        add(statusNumbers.get(status) ?? -1, { condition })
      }
    },
  ),
]

function conditionsOf({ status }: Node): readonly Wire<V1NodeCondition>[] {
  return status?.conditions ?? []
}
