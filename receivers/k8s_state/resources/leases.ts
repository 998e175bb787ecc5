import type { V1Lease, V1OwnerReference } from '@kubernetes/client-node'
import type { ApiObject, Wire } from '#src/kubernetes/wire.ts'
import { labelFact } from '../label-fact.ts'
import { numberFact } from '../number-fact.ts'
import { family, stateResource } from '../state-resource.ts'
import { seconds } from '../values.ts'

type Lease = ApiObject<V1Lease>
const of = family<Lease>()

/** Leases, as `kube_lease_*`. */
export const leases = stateResource<Lease>({
  resource: { group: 'coordination.k8s.io', version: 'v1', name: 'leases', namespaced: true },
  byDefault: true,
  prefix: 'kube_lease',
  label: 'lease',
  attribute: 'k8s.lease',
  hasLabels: false,
  families: [
    of(
      labelFact({
        fact: 'whose it is, and who holds it',
        source: 'metadata.ownerReferences, spec.holderIdentity',
        prometheus: 'kube_lease_owner',
        labels: ['owner_kind', 'owner_name', 'lease_holder'],
      }),
      ({ metadata, spec }, add) => {
        const lease_holder = spec?.holderIdentity ?? ''
        const references: readonly Wire<V1OwnerReference>[] = metadata.ownerReferences ?? []
        for (const { kind, name } of references) add(1, { owner_kind: kind, owner_name: name, lease_holder })
        if (references.length === 0) add(1, { owner_kind: '', owner_name: '', lease_holder })
      },
    ),
    of(
      numberFact({
        fact: 'when its holder renewed it last, in Unix seconds',
        source: 'spec.renewTime',
        prometheus: 'kube_lease_renew_time',
      }),
      ({ spec }) => seconds(spec?.renewTime),
    ),
  ],
})
