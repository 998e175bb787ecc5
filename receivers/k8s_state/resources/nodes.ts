import { created, deletion } from '../shared-families.ts'
import { stateResource } from '../state-resource.ts'
import { nodeConditions } from './node/node-conditions.ts'
import { nodeAddresses, nodeInfo, nodeRoles, podCidrs, taints, unschedulable } from './node/node-info.ts'
import { allocatable, capacity } from './node/node-resources.ts'
import type { Node } from './node/node.ts'

export const nodes = stateResource<Node>({
  resource: { group: '', version: 'v1', name: 'nodes', namespaced: false },
  byDefault: true,
  prefix: 'kube_node',
  label: 'node',
  attribute: 'k8s.node',
  families: [
    created('kube_node'),
    deletion('kube_node'),
    nodeInfo,
    nodeRoles,
    podCidrs,
    taints,
    unschedulable,
    allocatable,
    capacity,
    ...nodeConditions,
    nodeAddresses,
  ],
})
