import type { V1MutatingWebhook, V1MutatingWebhookConfiguration } from '@kubernetes/client-node'
import type { ApiObject, Wire } from '#src/kubernetes/wire.ts'
import { labelFact } from '../label-fact.ts'
import { created, info, resourceVersion } from '../shared-families.ts'
import { family, stateResource, type StateFamily } from '../state-resource.ts'

/** What is read of one is the same of both kinds. */
type WebhookConfiguration = ApiObject<V1MutatingWebhookConfiguration>

const familiesOf = (prefix: string): readonly StateFamily<WebhookConfiguration>[] => [
  info(prefix),
  created(prefix),
  resourceVersion(prefix),
  family<WebhookConfiguration>()(
    labelFact({
      fact: 'the service that answers to a webhook; without one it is at a URL',
      source: 'webhooks[].clientConfig.service',
      prometheus: `${prefix}_webhook_clientconfig_service`,
      labels: ['webhook_name', 'service_name', 'service_namespace'],
    }),
    ({ webhooks }, add) => {
      const listed: readonly Partial<Wire<V1MutatingWebhook>>[] = webhooks ?? []
      for (const { name, clientConfig } of listed)
        add(1, {
          webhook_name: name ?? '',
          service_name: clientConfig?.service?.name ?? '',
          service_namespace: clientConfig?.service?.namespace ?? '',
        })
    },
  ),
]

/** Webhooks that change objects, as `kube_mutatingwebhookconfiguration_*`. */
export const mutatingWebhookConfigurations = stateResource<WebhookConfiguration>({
  resource: {
    group: 'admissionregistration.k8s.io',
    version: 'v1',
    name: 'mutatingwebhookconfigurations',
    namespaced: false,
  },
  byDefault: true,
  prefix: 'kube_mutatingwebhookconfiguration',
  label: 'mutatingwebhookconfiguration',
  attribute: 'k8s.mutatingwebhookconfiguration',
  hasLabels: false,
  families: familiesOf('kube_mutatingwebhookconfiguration'),
})

/** Webhooks that judge objects, as `kube_validatingwebhookconfiguration_*`. */
export const validatingWebhookConfigurations = stateResource<WebhookConfiguration>({
  resource: {
    group: 'admissionregistration.k8s.io',
    version: 'v1',
    name: 'validatingwebhookconfigurations',
    namespaced: false,
  },
  byDefault: true,
  prefix: 'kube_validatingwebhookconfiguration',
  label: 'validatingwebhookconfiguration',
  attribute: 'k8s.validatingwebhookconfiguration',
  hasLabels: false,
  families: familiesOf('kube_validatingwebhookconfiguration'),
})
