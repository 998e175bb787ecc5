import type { MetricDefinition } from '#src/naming/metric.ts'
import { quantity, wholeQuantity } from '#src/kubernetes/quantity.ts'
import { resourceMeasure } from '../../resource-measure.ts'
import { resourceNamings } from '../../resource-namings.ts'
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
      ...(group.isInit ? {} : mainNamings(amount, description)),
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
      semconv: resourceNamings({ kind: 'updowncounter', description: sentence(fact) }, [
        ['cpu', `k8s.container.cpu.${amount}.current`, '{cpu}'],
        ['memory', `k8s.container.memory.${amount}.current`, 'By'],
      ]),
    },
    (pod, add) => {
      for (const { name: container, resources } of mainContainers.statuses(pod)) {
        for (const [resource, text] of Object.entries(resources?.[`${amount}s`] ?? {}))
          add(amountOf(text, resource === 'cpu' ? 'core' : 'byte'), { resource }, partOf(pod, container))
      }
    },
  )
}

function amountOf(text: string, measure: string): number | undefined {
  return measure === 'core' ? quantity(text) : wholeQuantity(text)
}

/** The names that containers have in OpenTelemetry's vocabularies. */
function mainNamings(
  amount: Amount,
  description: string,
): Pick<MetricDefinition<Dimension>, 'otel' | 'semconv'> {
  return {
    otel: resourceNamings({ kind: 'gauge', description }, [
      ['cpu', `k8s.container.cpu_${amount}`, '{cpu}'],
      ['memory', `k8s.container.memory_${amount}`, 'By'],
      ['storage', `k8s.container.storage_${amount}`, 'By'],
      ['ephemeral_storage', `k8s.container.ephemeralstorage_${amount}`, 'By'],
    ]),
    semconv: resourceNamings({ kind: 'updowncounter', description }, [
      ['cpu', `k8s.container.cpu.${amount}.desired`, '{cpu}'],
      ['memory', `k8s.container.memory.${amount}.desired`, 'By'],
      ['storage', `k8s.container.storage.${amount}`, 'By'],
      ['ephemeral_storage', `k8s.container.ephemeral_storage.${amount}`, 'By'],
    ]),
  }
}
