import type { V1NetworkPolicy } from '@kubernetes/client-node'
import type { ApiObject } from '#src/kubernetes/wire.ts'
import { numberFact } from '../number-fact.ts'
import { created } from '../shared-families.ts'
import { family, stateResource } from '../state-resource.ts'

type NetworkPolicy = ApiObject<V1NetworkPolicy>
const of = family<NetworkPolicy>()

/** Policies of the network, as `kube_networkpolicy_*`. */
export const networkPolicies = stateResource<NetworkPolicy>({
  resource: { group: 'networking.k8s.io', version: 'v1', name: 'networkpolicies', namespaced: true },
  byDefault: true,
  prefix: 'kube_networkpolicy',
  label: 'networkpolicy',
  attribute: 'k8s.networkpolicy',
  families: [
    created('kube_networkpolicy'),
    of(
      numberFact({
        fact: 'rules for what may come in',
        source: 'spec.ingress',
        prometheus: 'kube_networkpolicy_spec_ingress_rules',
      }),
      ({ spec }) => spec?.ingress?.length ?? 0,
    ),
    of(
      numberFact({
        fact: 'rules for what may go out',
        source: 'spec.egress',
        prometheus: 'kube_networkpolicy_spec_egress_rules',
      }),
      ({ spec }) => spec?.egress?.length ?? 0,
    ),
  ],
})
