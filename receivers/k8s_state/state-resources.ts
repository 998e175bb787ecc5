import { configMaps } from './resources/configmaps.ts'
import { deployments } from './resources/deployments.ts'
import { endpoints } from './resources/endpoints.ts'
import { endpointSlices } from './resources/endpointslices.ts'
import { ingressClasses } from './resources/ingressclasses.ts'
import { ingresses } from './resources/ingresses.ts'
import { networkPolicies } from './resources/networkpolicies.ts'
import { persistentVolumeClaims } from './resources/persistentvolumeclaims.ts'
import { persistentVolumes } from './resources/persistentvolumes.ts'
import { clusterRoleBindings, roleBindings } from './resources/rolebindings.ts'
import { clusterRoles, roles } from './resources/roles.ts'
import { secrets } from './resources/secrets.ts'
import { serviceAccounts } from './resources/serviceaccounts.ts'
import { services } from './resources/services.ts'
import { storageClasses } from './resources/storageclasses.ts'
import { volumeAttachments } from './resources/volumeattachments.ts'
import {
  mutatingWebhookConfigurations,
  validatingWebhookConfigurations,
} from './resources/webhookconfigurations.ts'
import type { StateResource } from './state-resource.ts'

/** All resources that are turned into metrics, by name. */
export const stateResources: readonly StateResource[] = [
  clusterRoleBindings,
  clusterRoles,
  configMaps,
  deployments,
  endpoints,
  endpointSlices,
  ingressClasses,
  ingresses,
  mutatingWebhookConfigurations,
  networkPolicies,
  persistentVolumeClaims,
  persistentVolumes,
  roleBindings,
  roles,
  secrets,
  serviceAccounts,
  services,
  storageClasses,
  validatingWebhookConfigurations,
  volumeAttachments,
]

/** Their names, as in URLs and in RBAC rules. */
export const stateResourceNames = stateResources.map(({ resource }) => resource.name)

/** Those that options choose. */
export function chosenResources(
  chosen: readonly string[],
  excluded: readonly string[],
): readonly StateResource[] {
  const isChosen = ({ resource, byDefault }: StateResource): boolean =>
    chosen.includes('all') || chosen.includes(resource.name) || (byDefault && chosen.includes('default'))
  return stateResources.filter((each) => isChosen(each) && !excluded.includes(each.resource.name))
}
