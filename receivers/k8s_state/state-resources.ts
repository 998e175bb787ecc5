import { mutatingAdmissionPolicies, validatingAdmissionPolicies } from './resources/admissionpolicies.ts'
import {
  mutatingAdmissionPolicyBindings,
  validatingAdmissionPolicyBindings,
} from './resources/admissionpolicybindings.ts'
import { certificateSigningRequests } from './resources/certificatesigningrequests.ts'
import { configMaps } from './resources/configmaps.ts'
import { cronJobs } from './resources/cronjobs.ts'
import { daemonSets } from './resources/daemonsets.ts'
import { deployments } from './resources/deployments.ts'
import { endpoints } from './resources/endpoints.ts'
import { endpointSlices } from './resources/endpointslices.ts'
import { events } from './resources/events.ts'
import { horizontalPodAutoscalers } from './resources/horizontalpodautoscalers.ts'
import { ingressClasses } from './resources/ingressclasses.ts'
import { ingresses } from './resources/ingresses.ts'
import { jobs } from './resources/jobs.ts'
import { leases } from './resources/leases.ts'
import { limitRanges } from './resources/limitranges.ts'
import { namespaces } from './resources/namespaces.ts'
import { networkPolicies } from './resources/networkpolicies.ts'
import { nodes } from './resources/nodes.ts'
import { persistentVolumeClaims } from './resources/persistentvolumeclaims.ts'
import { persistentVolumes } from './resources/persistentvolumes.ts'
import { podDisruptionBudgets } from './resources/poddisruptionbudgets.ts'
import { pods } from './resources/pods.ts'
import { replicaSets } from './resources/replicasets.ts'
import { replicationControllers } from './resources/replicationcontrollers.ts'
import { resourceQuotas } from './resources/resourcequotas.ts'
import { clusterRoleBindings, roleBindings } from './resources/rolebindings.ts'
import { clusterRoles, roles } from './resources/roles.ts'
import { secrets } from './resources/secrets.ts'
import { serviceAccounts } from './resources/serviceaccounts.ts'
import { services } from './resources/services.ts'
import { statefulSets } from './resources/statefulsets.ts'
import { storageClasses } from './resources/storageclasses.ts'
import { volumeAttachments } from './resources/volumeattachments.ts'
import {
  mutatingWebhookConfigurations,
  validatingWebhookConfigurations,
} from './resources/webhookconfigurations.ts'
import type { StateResource } from './state-resource.ts'

/** All resources that are turned into metrics, by name. */
export const stateResources: readonly StateResource[] = [
  certificateSigningRequests,
  clusterRoleBindings,
  clusterRoles,
  configMaps,
  cronJobs,
  daemonSets,
  deployments,
  endpoints,
  endpointSlices,
  events,
  horizontalPodAutoscalers,
  ingressClasses,
  ingresses,
  jobs,
  leases,
  limitRanges,
  mutatingAdmissionPolicies,
  mutatingAdmissionPolicyBindings,
  mutatingWebhookConfigurations,
  namespaces,
  networkPolicies,
  nodes,
  persistentVolumeClaims,
  persistentVolumes,
  podDisruptionBudgets,
  pods,
  replicaSets,
  replicationControllers,
  resourceQuotas,
  roleBindings,
  roles,
  secrets,
  serviceAccounts,
  services,
  statefulSets,
  storageClasses,
  validatingAdmissionPolicies,
  validatingAdmissionPolicyBindings,
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
