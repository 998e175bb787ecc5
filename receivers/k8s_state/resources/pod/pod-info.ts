import { isIP } from 'node:net'
import type { V1OwnerReference, V1PodIP, V1PodResourceClaim } from '@kubernetes/client-node'
import type { Wire } from '#src/kubernetes/wire.ts'
import { labelFact } from '../../label-fact.ts'
import { numberFact } from '../../number-fact.ts'
import { quantity, wholeQuantity } from '#src/kubernetes/quantity.ts'
import { sentence } from '../../sentence.ts'
import type { StateFamily } from '../../state-resource.ts'
import { of, type Pod } from './pod.ts'

const whereabouts = 'where it is, and who made it'

export const podInfo: StateFamily<Pod> = of(
  {
    ...labelFact({
      fact: whereabouts,
      source:
        'status: hostIP, podIP; spec: nodeName, priorityClassName, hostNetwork; the owner that is its controller',
      prometheus: 'kube_pod_info',
      labels: [
        'host_ip',
        'pod_ip',
        'node',
        'created_by_kind',
        'created_by_name',
        'priority_class',
        'host_network',
      ],
    }),
    vm: {
      name: 'vm_kube_pod_info',
      kind: 'gauge',
      description: sentence(whereabouts),
      host_ip: 'host_ip',
      pod_ip: 'pod_ip',
      node: 'node',
      created_by_kind: 'created_by_kind',
      created_by_name: 'created_by_name',
    },
  },
  ({ metadata, spec, status }, add) => {
    const references: readonly Wire<V1OwnerReference>[] = metadata.ownerReferences ?? []
    const controller = references.find((each) => each.controller)
    add(1, {
      host_ip: status?.hostIP ?? '',
      pod_ip: status?.podIP ?? '',
      node: spec?.nodeName ?? '',
      created_by_kind: controller?.kind ?? '',
      created_by_name: controller?.name ?? '',
      priority_class: spec?.priorityClassName ?? '',
      host_network: String(spec?.hostNetwork === true),
    })
  },
)

export const resourceClaims: StateFamily<Pod> = of(
  labelFact({
    fact: 'a claim to a device that it refers to; one that is made of a template has a name only once it is there',
    source: 'spec.resourceClaims, status.resourceClaimStatuses',
    prometheus: 'kube_pod_resourceclaim_info',
    labels: ['claim_name', 'resourceclaim_name', 'resourceclaim_template_name'],
  }),
  ({ spec, status }, add) => {
    const claims: readonly Wire<V1PodResourceClaim>[] = spec?.resourceClaims ?? []
    for (const { name, resourceClaimName, resourceClaimTemplateName } of claims) {
      if (resourceClaimName === undefined && resourceClaimTemplateName === undefined) continue
      const made = status?.resourceClaimStatuses?.find((each) => each.name === name)
      add(1, {
        claim_name: name,
        resourceclaim_name: resourceClaimName ?? made?.resourceClaimName ?? '',
        resourceclaim_template_name: resourceClaimTemplateName ?? '',
      })
    }
  },
)

export const podIps: StateFamily<Pod> = of(
  labelFact({
    fact: 'an IP address of it',
    source: 'status.podIPs',
    prometheus: 'kube_pod_ips',
    labels: ['ip', 'ip_family'],
  }),
  ({ status }, add) => {
    const addresses: readonly Wire<V1PodIP>[] = status?.podIPs ?? []
    for (const { ip } of addresses) {
      const ipFamily = isIP(ip)
      if (ipFamily !== 0) add(1, { ip, ip_family: String(ipFamily) })
    }
  },
)

/** What running a pod costs beside its containers. */
export const overhead: readonly StateFamily<Pod>[] = [
  of(
    numberFact({
      fact: 'CPUs that running it costs beside its containers',
      source: 'spec.overhead',
      prometheus: 'kube_pod_overhead_cpu_cores',
    }),
    ({ spec }) => quantity(spec?.overhead?.['cpu']),
  ),
  of(
    numberFact({
      fact: 'bytes of memory that running it costs beside its containers',
      source: 'spec.overhead',
      prometheus: 'kube_pod_overhead_memory_bytes',
    }),
    ({ spec }) => wholeQuantity(spec?.overhead?.['memory']),
  ),
]

export const restartPolicy: StateFamily<Pod> = of(
  labelFact({
    fact: 'when its containers are started again',
    source: 'spec.restartPolicy',
    prometheus: 'kube_pod_restart_policy',
    labels: ['type'],
  }),
  ({ spec }, add) => add(1, { type: spec?.restartPolicy ?? '' }),
)

export const runtimeClass: StateFamily<Pod> = of(
  labelFact({
    fact: 'the class of container runtimes that it asks for',
    source: 'spec.runtimeClassName',
    prometheus: 'kube_pod_runtimeclass_name_info',
    labels: ['runtimeclass_name'],
  }),
  ({ spec }, add) => {
    const { runtimeClassName } = spec ?? {}
    if (runtimeClassName !== undefined) add(1, { runtimeclass_name: runtimeClassName })
  },
)

export const serviceAccount: StateFamily<Pod> = of(
  labelFact({
    fact: 'the service account as which it runs',
    source: 'spec.serviceAccountName',
    prometheus: 'kube_pod_service_account',
    labels: ['service_account'],
  }),
  ({ spec }, add) => add(1, { service_account: spec?.serviceAccountName ?? '' }),
)

export const scheduler: StateFamily<Pod> = of<'scheduler'>(
  {
    fact: 'the scheduler that is to place it',
    source: 'spec.schedulerName',
    by: ['scheduler'],
    prometheus: {
      name: 'kube_pod_scheduler',
      kind: 'gauge',
      description: 'The scheduler that is to place it.',
      scheduler: 'name',
    },
  },
  ({ spec }, add) => add(1, { scheduler: spec?.schedulerName ?? '' }),
)
