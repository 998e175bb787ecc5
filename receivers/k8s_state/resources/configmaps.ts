import { created, info, resourceVersion } from '../shared-families.ts'
import { stateResource } from '../state-resource.ts'
import type { ApiObject } from '#src/kubernetes/wire.ts'

/** Config maps, as `kube_configmap_*`; nothing of what is in them. */
export const configMaps = stateResource<ApiObject<object>>({
  resource: { group: '', version: 'v1', name: 'configmaps', namespaced: true },
  byDefault: true,
  form: 'metadata',
  prefix: 'kube_configmap',
  label: 'configmap',
  attribute: 'k8s.configmap',
  families: [info('kube_configmap'), created('kube_configmap'), resourceVersion('kube_configmap')],
})
