import { isIP } from 'node:net'
import type { V1OwnerReference, V1PodIP, V1PodResourceClaim } from '@kubernetes/client-node'
import type { Wire } from '#src/kubernetes/wire.ts'
import { quantity } from '../../quantity.ts'
import type { StateFamily } from '../../state-resource.ts'
import { of, type Pod } from './pod.ts'

const gauge = { kind: 'gauge' } as const

export const podInfo: StateFamily<Pod> = of<
  'host_ip' | 'pod_ip' | 'node' | 'created_by_kind' | 'created_by_name' | 'priority_class' | 'host_network'
>(
  {
    fact: 'where it is, and who made it',
    source:
      'status: hostIP, podIP; spec: nodeName, priorityClassName, hostNetwork; the owner that is its controller',
    by: ['host_ip', 'pod_ip', 'node', 'created_by_kind', 'created_by_name', 'priority_class', 'host_network'],
    prometheus: {
      ...gauge,
      name: 'kube_pod_info',
      description: 'Where it is, and who made it.',
      host_ip: 'host_ip',
      pod_ip: 'pod_ip',
      node: 'node',
      created_by_kind: 'created_by_kind',
      created_by_name: 'created_by_name',
      priority_class: 'priority_class',
      host_network: 'host_network',
    },
    vm: {
      ...gauge,
      name: 'vm_kube_pod_info',
      description: 'Where it is, and who made it.',
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

export const resourceClaims: StateFamily<Pod> = of<
  'claim_name' | 'resourceclaim_name' | 'resourceclaim_template_name'
>(
  {
    fact: 'a claim to a device that it refers to; one that is made of a template has a name only once it is there',
    source: 'spec.resourceClaims, status.resourceClaimStatuses',
    by: ['claim_name', 'resourceclaim_name', 'resourceclaim_template_name'],
    prometheus: {
      ...gauge,
      name: 'kube_pod_resourceclaim_info',
      description: 'A claim to a device that it refers to.',
      claim_name: 'claim_name',
      resourceclaim_name: 'resourceclaim_name',
      resourceclaim_template_name: 'resourceclaim_template_name',
    },
  },
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

export const podIps: StateFamily<Pod> = of<'ip' | 'ip_family'>(
  {
    fact: 'an IP address of it',
    source: 'status.podIPs',
    by: ['ip', 'ip_family'],
    prometheus: {
      ...gauge,
      name: 'kube_pod_ips',
      description: 'An IP address of it.',
      ip: 'ip',
      ip_family: 'ip_family',
    },
  },
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
    {
      fact: 'CPUs that running it costs beside its containers',
      source: 'spec.overhead',
      by: [],
      prometheus: {
        ...gauge,
        name: 'kube_pod_overhead_cpu_cores',
        description: 'CPUs that running it costs beside its containers.',
      },
    },
    ({ spec }) => quantity(spec?.overhead?.['cpu']),
  ),
  of(
    {
      fact: 'bytes that running it costs beside its containers',
      source: 'spec.overhead',
      by: [],
      prometheus: {
        ...gauge,
        name: 'kube_pod_overhead_memory_bytes',
        description: 'Bytes of memory that running it costs beside its containers.',
      },
    },
    ({ spec }) => {
      const value = quantity(spec?.overhead?.['memory'])
      return value === undefined ? undefined : Math.ceil(value)
    },
  ),
]

/** One word of a pod's specification that a label bears. */
function word(
  name: string,
  label: string,
  what: { readonly fact: string; readonly source: string },
  read: (pod: Pod) => string | undefined,
): StateFamily<Pod> {
  return of<'word'>(
    {
      ...what,
      by: ['word'],
      prometheus: { ...gauge, name, description: `${what.fact}.`, word: label },
    },
    (pod, add) => {
      const value = read(pod)
      if (value !== undefined) add(1, { word: value })
    },
  )
}

export const restartPolicy = word(
  'kube_pod_restart_policy',
  'type',
  { fact: 'When its containers are started again', source: 'spec.restartPolicy' },
  ({ spec }) => spec?.restartPolicy ?? '',
)

export const runtimeClass = word(
  'kube_pod_runtimeclass_name_info',
  'runtimeclass_name',
  { fact: 'The class of container runtimes that it asks for', source: 'spec.runtimeClassName' },
  ({ spec }) => spec?.runtimeClassName,
)

export const serviceAccount = word(
  'kube_pod_service_account',
  'service_account',
  { fact: 'The service account as which it runs', source: 'spec.serviceAccountName' },
  ({ spec }) => spec?.serviceAccountName ?? '',
)

export const scheduler = word(
  'kube_pod_scheduler',
  'name',
  { fact: 'The scheduler that is to place it', source: 'spec.schedulerName' },
  ({ spec }) => spec?.schedulerName ?? '',
)
