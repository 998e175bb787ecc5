import type { V1ServiceAccount } from '@kubernetes/client-node'
import type { ApiObject } from '#src/kubernetes/wire.ts'
import { labelFact } from '../label-fact.ts'
import { numberFact } from '../number-fact.ts'
import { created } from '../shared-families.ts'
import { family, stateResource } from '../state-resource.ts'
import { seconds } from '../values.ts'

type ServiceAccount = ApiObject<V1ServiceAccount>
const of = family<ServiceAccount>()

/** Service accounts, as `kube_serviceaccount_*`. */
export const serviceAccounts = stateResource<ServiceAccount>({
  resource: { group: '', version: 'v1', name: 'serviceaccounts', namespaced: true },
  byDefault: false,
  prefix: 'kube_serviceaccount',
  label: 'serviceaccount',
  labelsUid: true,
  attribute: 'k8s.serviceaccount',
  families: [
    of(
      labelFact({
        fact: 'whether pods get its token unless they say otherwise',
        source: 'automountServiceAccountToken; nothing where it says nothing',
        prometheus: 'kube_serviceaccount_info',
        labels: ['automount_token'],
      }),
      ({ automountServiceAccountToken: automount }, add) =>
        add(1, { automount_token: automount === undefined ? '' : String(automount) }),
    ),
    created('kube_serviceaccount'),
    of(
      numberFact({
        fact: 'when it is to be gone, in Unix seconds; only while it is being deleted',
        source: 'metadata.deletionTimestamp',
        prometheus: 'kube_serviceaccount_deleted',
      }),
      ({ metadata }) => seconds(metadata.deletionTimestamp),
    ),
    of(
      {
        fact: 'secrets that its pods may use',
        source: 'secrets[].name',
        by: ['secret'],
        prometheus: {
          name: 'kube_serviceaccount_secret',
          kind: 'gauge',
          description: 'A secret that its pods may use.',
          secret: 'name',
        },
      },
      ({ secrets }, add) => {
        for (const { name = '' } of secrets ?? []) add(1, { secret: name })
      },
    ),
    of(
      {
        fact: 'secrets with which its images are pulled',
        source: 'imagePullSecrets[].name',
        by: ['secret'],
        prometheus: {
          name: 'kube_serviceaccount_image_pull_secret',
          kind: 'gauge',
          description: 'A secret with which its images are pulled.',
          secret: 'name',
        },
      },
      ({ imagePullSecrets }, add) => {
        for (const { name = '' } of imagePullSecrets ?? []) add(1, { secret: name })
      },
    ),
  ],
})
