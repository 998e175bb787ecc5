import type { ApiObject } from '#src/kubernetes/wire.ts'
import { labelFact } from '../label-fact.ts'
import { created, info, owners, resourceVersion } from '../shared-families.ts'
import { family, stateResource } from '../state-resource.ts'

/** A secret as a row of a table, or as a whole from a server that knows no tables. */
type Secret = ApiObject<object> & { readonly columns?: { readonly Type?: string }; readonly type?: string }

/** Secrets, as `kube_secret_*`; nothing of what is in them. */
export const secrets = stateResource<Secret>({
  resource: { group: '', version: 'v1', name: 'secrets', namespaced: true },
  byDefault: true,
  // What is in a secret is not read at all.
  form: 'table',
  prefix: 'kube_secret',
  label: 'secret',
  attribute: 'k8s.secret',
  families: [
    info('kube_secret'),
    family<Secret>()(
      labelFact({
        fact: 'what it is for',
        source: 'type, as the column of a table',
        prometheus: 'kube_secret_type',
        labels: ['type'],
      }),
      ({ columns, type = '' }, add) => add(1, { type: columns?.Type ?? type }),
    ),
    created('kube_secret'),
    resourceVersion('kube_secret'),
    owners('kube_secret'),
  ],
})
