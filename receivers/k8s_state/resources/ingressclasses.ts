import type { V1IngressClass } from '@kubernetes/client-node'
import type { ApiObject } from '#src/kubernetes/wire.ts'
import { labelFact } from '../label-fact.ts'
import { created } from '../shared-families.ts'
import { family, stateResource } from '../state-resource.ts'

type IngressClass = ApiObject<V1IngressClass>

/** Classes of ingresses, as `kube_ingressclass_*`. */
export const ingressClasses = stateResource<IngressClass>({
  resource: { group: 'networking.k8s.io', version: 'v1', name: 'ingressclasses', namespaced: false },
  byDefault: false,
  prefix: 'kube_ingressclass',
  label: 'ingressclass',
  attribute: 'k8s.ingressclass',
  families: [
    family<IngressClass>()(
      labelFact({
        fact: 'which controller serves it',
        source: 'spec.controller',
        prometheus: 'kube_ingressclass_info',
        labels: ['controller'],
      }),
      ({ spec }, add) => add(1, { controller: spec?.controller ?? '' }),
    ),
    created('kube_ingressclass'),
  ],
})
