import type { V1ResourceQuota } from '@kubernetes/client-node'
import type { ApiObject } from '#src/kubernetes/wire.ts'
import { labelFact } from '../label-fact.ts'
import { quantity, wholeQuantity } from '#src/kubernetes/quantity.ts'
import { quotaMeasure, quotaNamings } from '../quota-measure.ts'
import { created } from '../shared-families.ts'
import { family, stateResource } from '../state-resource.ts'

type ResourceQuota = ApiObject<V1ResourceQuota>
const of = family<ResourceQuota>()

/** What a quota allows, and what is used of it. */
const bounds = ['hard', 'used'] as const

const integerGauge = { kind: 'gauge', unit: '{resource}', integer: true } as const

export const resourceQuotas = stateResource<ResourceQuota>({
  resource: { group: '', version: 'v1', name: 'resourcequotas', namespaced: true },
  byDefault: true,
  prefix: 'kube_resourcequota',
  label: 'resourcequota',
  attribute: 'k8s.resourcequota',
  families: [
    created('kube_resourcequota'),
    of(
      labelFact({
        fact: 'how much of a resource its namespace may use, and how much it uses',
        source: 'status: hard, used',
        prometheus: 'kube_resourcequota',
        labels: ['resource', 'type'],
      }),
      (quota, add) => {
        for (const [type, resource, text] of amountsOf(quota)) add(quantity(text), { resource, type })
      },
    ),
    of<'resource' | 'type'>(
      {
        fact: 'how much of a resource its namespace may use, and how much it uses, in whole numbers: thousandths of CPUs',
        source: 'status: hard, used',
        by: ['resource', 'type'],
        otel: [
          {
            ...integerGauge,
            where: { type: 'hard' },
            name: 'k8s.resource_quota.hard_limit',
            description: 'How much of a resource its namespace may use; of CPUs in thousandths.',
            resource: 'resource',
          },
          {
            ...integerGauge,
            where: { type: 'used' },
            name: 'k8s.resource_quota.used',
            description: 'How much of a resource its namespace uses; of CPUs in thousandths.',
            resource: 'resource',
          },
        ],
      },
      (quota, add) => {
        for (const [type, resource, text] of amountsOf(quota)) {
          const isCpu = resource.endsWith('.cpu')
          add(isCpu ? thousandths(text) : wholeQuantity(text), { resource, type })
        }
      },
    ),
    of<'what' | 'qualifier' | 'type'>(
      {
        fact: 'how much of a resource its namespace may use, and how much it uses, by what kind of resource it is',
        source: 'status: hard, used',
        by: ['what', 'qualifier', 'type'],
        semconv: quotaNamings,
      },
      (quota, add) => {
        for (const [type, resource, text, all] of amountsOf(quota)) {
          const measure = quotaMeasure(resource)
          // A request has two names; where a quota gives both, they say the same.
          if (measure === undefined || Object.hasOwn(all, `requests.${resource}`)) continue
          const { what, qualifier = '', valueOf } = measure
          add(valueOf(text), { what, qualifier, type })
        }
      },
    ),
  ],
})

function* amountsOf({
  status,
}: ResourceQuota): Generator<
  readonly [type: string, resource: string, text: string, all: Readonly<Record<string, string>>]
> {
  for (const type of bounds) {
    const all = status?.[type] ?? {}
    for (const [resource, text] of Object.entries(all)) yield [type, resource, text, all]
  }
}

function thousandths(text: string): number | undefined {
  const value = quantity(text)
  return value === undefined ? undefined : Math.round(value * 1000)
}
