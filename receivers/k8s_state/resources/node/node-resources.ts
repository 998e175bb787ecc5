import { quantity } from '#src/kubernetes/quantity.ts'
import { resourceMeasure } from '../../resource-measure.ts'
import { resourceNamings } from '../../resource-namings.ts'
import { sentence } from '../../sentence.ts'
import type { AddSample, StateFamily } from '../../state-resource.ts'
import { of, type Node } from './node.ts'

type Dimension = 'resource' | 'measure'

const allocatableFact = 'how much of a resource its pods may have'
const capacityFact = 'how much of a resource it has'

export const allocatable: StateFamily<Node> = of<Dimension>(
  {
    fact: allocatableFact,
    source: 'status.allocatable',
    by: ['resource', 'measure'],
    otel: resourceNamings({ kind: 'gauge', description: sentence(allocatableFact), enabled: false }, [
      ['cpu', 'k8s.node.allocatable_cpu', '{cpu}'],
      ['memory', 'k8s.node.allocatable_memory', 'By'],
      ['ephemeral_storage', 'k8s.node.allocatable_ephemeral_storage', 'By'],
      ['storage', 'k8s.node.allocatable_storage', 'By'],
      ['pods', 'k8s.node.allocatable_pods', '{pod}'],
    ]),
    semconv: resourceNamings({ kind: 'updowncounter', description: sentence(allocatableFact) }, [
      ['cpu', 'k8s.node.cpu.allocatable', '{cpu}'],
      ['memory', 'k8s.node.memory.allocatable', 'By'],
      ['ephemeral_storage', 'k8s.node.ephemeral_storage.allocatable', 'By'],
      ['pods', 'k8s.node.pod.allocatable', '{pod}'],
    ]),
    prometheus: {
      name: 'kube_node_status_allocatable',
      kind: 'gauge',
      description: sentence(allocatableFact),
      resource: 'resource',
      measure: 'unit',
    },
  },
  ({ status }, add) => addResources(status?.allocatable, add),
)

export const capacity: StateFamily<Node> = of<Dimension>(
  {
    fact: capacityFact,
    source: 'status.capacity',
    by: ['resource', 'measure'],
    prometheus: {
      name: 'kube_node_status_capacity',
      kind: 'gauge',
      description: sentence(capacityFact),
      resource: 'resource',
      measure: 'unit',
    },
  },
  ({ status }, add) => addResources(status?.capacity, add),
)

function addResources(
  amounts: Readonly<Record<string, string>> | undefined,
  add: AddSample<Dimension>,
): void {
  for (const [name, text] of Object.entries(amounts ?? {})) {
    const measure = resourceMeasure(name)
    if (measure !== undefined) add(quantity(text), { ...measure })
  }
}
