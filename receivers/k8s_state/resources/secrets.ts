import type { V1Secret } from '@kubernetes/client-node'
import type { ApiObject } from '#src/kubernetes/wire.ts'
import { labelFact } from '../label-fact.ts'
import { created, info, owners, resourceVersion } from '../shared-families.ts'
import { family, stateResource } from '../state-resource.ts'

type Secret = ApiObject<Pick<V1Secret, 'metadata' | 'type'>>

export const secrets = stateResource<Secret>({
  resource: { group: '', version: 'v1', name: 'secrets', namespaced: true },
  byDefault: true,
  prefix: 'kube_secret',
  label: 'secret',
  attribute: 'k8s.secret',
  families: [
    info('kube_secret'),
    family<Secret>()(
      labelFact({
        fact: 'what it is for',
        source: 'type',
        prometheus: 'kube_secret_type',
        labels: ['type'],
      }),
      ({ type = '' }, add) => add(1, { type }),
    ),
    created('kube_secret'),
    resourceVersion('kube_secret'),
    owners('kube_secret'),
  ],
})
