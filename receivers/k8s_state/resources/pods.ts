import type { AttributeList } from '#src/model/attribute-set.ts'
import { created, deletion, owners } from '../shared-families.ts'
import { stateResource } from '../state-resource.ts'
import { containerInfo } from './pod/container-info.ts'
import { containerResources, currentResources } from './pod/container-resources.ts'
import { containerStates } from './pod/container-states.ts'
import { containerStatus } from './pod/container-status.ts'
import { initContainers, mainContainers } from './pod/containers.ts'
import { nodeSelectors, tolerations } from './pod/placement.ts'
import { readiness, scheduling } from './pod/pod-conditions.ts'
import {
  overhead,
  podInfo,
  podIps,
  resourceClaims,
  restartPolicy,
  runtimeClass,
  scheduler,
  serviceAccount,
} from './pod/pod-info.ts'
import { completionTime, phase, qosClass, startTime } from './pod/pod-phase.ts'
import { disruption, podReasons } from './pod/pod-reason.ts'
import type { Pod } from './pod/pod.ts'
import { volumes } from './pod/volumes.ts'

export const pods = stateResource<Pod>({
  resource: { group: '', version: 'v1', name: 'pods', namespaced: true },
  byDefault: true,
  prefix: 'kube_pod',
  label: 'pod',
  labelsUid: true,
  attribute: 'k8s.pod',
  otelAttributes: nodeAttributes,
  semconvAttributes: nodeAttributes,
  families: [
    completionTime,
    ...[mainContainers, initContainers].flatMap((group) => [
      containerInfo(group),
      containerResources(group, 'limit'),
      containerResources(group, 'request'),
      ...containerStatus(group),
    ]),
    currentResources('limit'),
    currentResources('request'),
    ...containerStates,
    created('kube_pod'),
    deletion('kube_pod'),
    podInfo,
    resourceClaims,
    podIps,
    ...overhead,
    owners('kube_pod'),
    restartPolicy,
    runtimeClass,
    ...volumes,
    startTime,
    ...phase,
    qosClass,
    ...readiness,
    ...podReasons,
    ...disruption,
    ...scheduling,
    tolerations,
    nodeSelectors,
    serviceAccount,
    scheduler,
  ],
})

/** A pod that no node was found for has none. */
function nodeAttributes({ spec }: Pod): AttributeList {
  return spec?.nodeName === undefined ? [] : ['k8s.node.name', spec.nodeName]
}
