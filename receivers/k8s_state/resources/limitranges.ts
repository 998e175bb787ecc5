import type { V1LimitRange, V1LimitRangeItem } from '@kubernetes/client-node'
import type { ApiObject } from '#src/kubernetes/wire.ts'
import { labelFact } from '../label-fact.ts'
import { quantity } from '#src/kubernetes/quantity.ts'
import { created } from '../shared-families.ts'
import { family, stateResource } from '../state-resource.ts'

type LimitRange = ApiObject<V1LimitRange>
const of = family<LimitRange>()

const constraints = ['min', 'max', 'default', 'defaultRequest', 'maxLimitRequestRatio'] as const

/** As it is on the wire: the package's own type calls `default` otherwise. */
type Limit = Pick<V1LimitRangeItem, 'type'> & {
  readonly [Constraint in (typeof constraints)[number]]?: Readonly<Record<string, string>>
}

export const limitRanges = stateResource<LimitRange>({
  resource: { group: '', version: 'v1', name: 'limitranges', namespaced: true },
  byDefault: true,
  prefix: 'kube_limitrange',
  label: 'limitrange',
  attribute: 'k8s.limitrange',
  hasLabels: false,
  families: [
    of(
      labelFact({
        fact: 'what it lets containers, pods or claims ask for of a resource, or gives them if they do not say',
        source: 'spec.limits',
        prometheus: 'kube_limitrange',
        labels: ['resource', 'type', 'constraint'],
      }),
      ({ spec }, add) => {
        const limits: readonly Limit[] = spec?.limits ?? []
        for (const limit of limits) {
          for (const constraint of constraints) {
            for (const [resource, text] of Object.entries(limit[constraint] ?? {}))
              add(quantity(text), { resource, type: limit.type, constraint })
          }
        }
      },
    ),
    created('kube_limitrange'),
  ],
})
