import type { V1NodeAddress, V1Taint } from '@kubernetes/client-node'
import type { Wire } from '#src/kubernetes/wire.ts'
import { labelFact } from '../../label-fact.ts'
import { numberFact } from '../../number-fact.ts'
import type { StateFamily } from '../../state-resource.ts'
import { bool } from '../../values.ts'
import { of, type Node } from './node.ts'

export const nodeInfo: StateFamily<Node> = of(
  labelFact({
    fact: 'its software and its addresses',
    source: 'status.nodeInfo, spec: providerID, podCIDR; the last InternalIP of status.addresses',
    prometheus: 'kube_node_info',
    labels: [
      'kernel_version',
      'os_image',
      'container_runtime_version',
      'kubelet_version',
      'kubeproxy_version',
      'provider_id',
      'pod_cidr',
      'system_uuid',
      'internal_ip',
    ],
  }),
  ({ spec, status }, add) => {
    const { nodeInfo: software } = status ?? {}
    add(1, {
      kernel_version: software?.kernelVersion ?? '',
      os_image: software?.osImage ?? '',
      container_runtime_version: software?.containerRuntimeVersion ?? '',
      kubelet_version: software?.kubeletVersion ?? '',
      // Nodes do not know it any more; kube-state-metrics says so in this way.
      kubeproxy_version: 'deprecated',
      provider_id: spec?.providerID ?? '',
      pod_cidr: spec?.podCIDR ?? '',
      system_uuid: software?.systemUUID ?? '',
      internal_ip: addressesOf(status).findLast(({ type }) => type === 'InternalIP')?.address ?? '',
    })
  },
)

export const nodeAddresses: StateFamily<Node> = of(
  labelFact({
    fact: 'an address of it',
    source: 'status.addresses',
    prometheus: 'kube_node_status_addresses',
    labels: ['type', 'address'],
  }),
  ({ status }, add) => {
    for (const { type, address } of addressesOf(status)) add(1, { type, address })
  },
)

const roleLabel = 'node-role.kubernetes.io/'

export const nodeRoles: StateFamily<Node> = of(
  labelFact({
    fact: 'a role that it has in the cluster',
    source: `metadata.labels: ${roleLabel}ROLE`,
    prometheus: 'kube_node_role',
    labels: ['role'],
  }),
  ({ metadata }, add) => {
    for (const label of Object.keys(metadata.labels ?? {}))
      if (label.startsWith(roleLabel)) add(1, { role: label.slice(roleLabel.length) })
  },
)

export const podCidrs: StateFamily<Node> = of(
  labelFact({
    fact: 'a range of addresses for its pods: one of each family',
    source: 'spec.podCIDRs',
    prometheus: 'kube_node_spec_pod_cidrs',
    labels: ['pod_cidr'],
  }),
  ({ spec }, add) => {
    for (const range of spec?.podCIDRs ?? []) add(1, { pod_cidr: range })
  },
)

export const taints: StateFamily<Node> = of(
  labelFact({
    fact: 'a taint, which keeps pods away that do not bear it',
    source: 'spec.taints',
    prometheus: 'kube_node_spec_taint',
    labels: ['key', 'value', 'effect'],
  }),
  ({ spec }, add) => {
    const all: readonly Wire<V1Taint>[] = spec?.taints ?? []
    for (const { key, value = '', effect } of all) add(1, { key, value, effect })
  },
)

export const unschedulable: StateFamily<Node> = of(
  numberFact({
    fact: 'whether it takes no new pods',
    source: 'spec.unschedulable',
    prometheus: 'kube_node_spec_unschedulable',
  }),
  ({ spec }) => bool(spec?.unschedulable),
)

function addressesOf(status: Node['status']): readonly Wire<V1NodeAddress>[] {
  return status?.addresses ?? []
}
