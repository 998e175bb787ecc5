import type { Instrument, Naming } from '#src/naming/metric.ts'
import { quantity } from '../../quantity.ts'
import { resourceMeasure } from '../../resource-measure.ts'
import { sentence } from '../../sentence.ts'
import type { StateFamily } from '../../state-resource.ts'
import { mainContainers, partOf, type ContainerGroup } from './containers.ts'
import { of, type Pod } from './pod.ts'

type Dimension = 'container' | 'node' | 'resource' | 'measure'

/** Which of the two amounts that a container names of each resource. */
type Amount = 'limit' | 'request'

const bounds: Readonly<Record<Amount, string>> = {
  limit: 'most of a resource that it may use',
  request: 'amount of a resource that is set aside for it',
}

/** What containers may use, or have set aside for them. */
export function containerResources(group: ContainerGroup, amount: Amount): StateFamily<Pod> {
  const fact = bounds[amount]
  const description = sentence(fact)
  return of<Dimension>(
    {
      fact,
      source: `resources.${amount}s of each in spec.${group.isInit ? 'initContainers' : 'containers'}`,
      by: ['container', 'node', 'resource', 'measure'],
      prometheus: {
        name: `${group.prefix}_resource_${amount}s`,
        kind: 'gauge',
        description,
        container: 'container',
        node: 'node',
        resource: 'resource',
        measure: 'unit',
      },
      ...(group.isInit
        ? {}
        : { otel: collectorNames(amount, description), semconv: semconvNames(amount, description) }),
    },
    (pod, add) => {
      const node = pod.spec?.nodeName ?? ''
      for (const { name: container, resources } of group.containers(pod)) {
        for (const [name, text] of Object.entries(resources?.[`${amount}s`] ?? {})) {
          const measure = resourceMeasure(name)
          if (measure !== undefined)
            add(amountOf(text, measure.measure), { container, node, ...measure }, partOf(pod, container))
        }
      }
    },
  )
}

/** What containers that run may use or have set aside for them by now, which may not be yet what their pod wants. */
export function currentResources(amount: Amount): StateFamily<Pod> {
  const fact = `${bounds[amount]}, as it is by now`
  return of<'resource'>(
    {
      fact,
      source: `resources.${amount}s of each in status.containerStatuses`,
      by: ['resource'],
      semconv: named('updowncounter', sentence(fact), {
        cpu: `k8s.container.cpu.${amount}.current`,
        memory: `k8s.container.memory.${amount}.current`,
      }),
    },
    (pod, add) => {
      for (const { name: container, resources } of mainContainers.statuses(pod)) {
        for (const [resource, text] of Object.entries(resources?.[`${amount}s`] ?? {}))
          add(amountOf(text, resource === 'cpu' ? 'core' : 'byte'), { resource }, partOf(pod, container))
      }
    },
  )
}

/** All but CPUs come in whole numbers. */
function amountOf(text: string, measure: string): number | undefined {
  const value = quantity(text)
  return value === undefined || measure === 'core' ? value : Math.ceil(value)
}

/** The Collector's name for each resource. */
function collectorNames(amount: Amount, description: string): readonly Naming<Dimension>[] {
  return named('gauge', description, {
    cpu: `k8s.container.cpu_${amount}`,
    memory: `k8s.container.memory_${amount}`,
    storage: `k8s.container.storage_${amount}`,
    ephemeral_storage: `k8s.container.ephemeralstorage_${amount}`,
  })
}

function semconvNames(amount: Amount, description: string): readonly Naming<Dimension>[] {
  return named('updowncounter', description, {
    cpu: `k8s.container.cpu.${amount}.desired`,
    memory: `k8s.container.memory.${amount}.desired`,
    storage: `k8s.container.storage.${amount}`,
    ephemeral_storage: `k8s.container.ephemeral_storage.${amount}`,
  })
}

/** A name for each resource, of which only CPUs come in parts. */
function named(
  kind: Instrument,
  description: string,
  names: Readonly<Record<string, string>>,
): readonly Naming<'resource'>[] {
  return Object.entries(names).map(([resource, name]) => ({
    kind,
    description,
    name,
    where: { resource },
    ...(resource === 'cpu' ? { unit: '{cpu}' } : { unit: 'By', integer: true as const }),
  }))
}
