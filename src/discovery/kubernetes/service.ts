import { formatEndpoint } from '#src/http/endpoint.ts'
import { sharedLabels } from './attached.ts'
import {
  addLabels,
  describeMetadata,
  finishLabels,
  flatLabels,
  type FlatLabels,
  type TargetLabels,
} from './meta-labels.ts'
import { keyOf, type ObjectFacts, type Role, type Watched } from './role.ts'

/** What is kept of a service. */
interface ServiceFacts extends ObjectFacts {
  readonly namespace: string
  /** What is told of it wherever a target is its own. */
  readonly labels: FlatLabels
  /** Its targets: what is told of each alone. */
  readonly ports: readonly FlatLabels[]
  /** IPv4 or IPv6: the first family of a service that has two. */
  readonly primaryFamily: string | undefined
}

interface ServiceObject {
  readonly spec?: {
    readonly type?: string
    readonly clusterIP?: string
    readonly externalName?: string
    readonly loadBalancerIP?: string
    readonly ipFamilyPolicy?: string
    readonly ipFamilies?: readonly string[]
    readonly ports?: readonly { readonly port: number; readonly name?: string; readonly protocol?: string }[]
  }
  readonly status?: {
    readonly loadBalancer?: { readonly ingress?: readonly { readonly ip?: string }[] }
  }
}

/** The services of a cluster. */
export const services: Watched<ServiceFacts> = {
  resource: { group: '', version: 'v1', name: 'services', namespaced: true },
  facts(object) {
    const { spec = {} } = object as ServiceObject
    const { namespace = '', name } = object.metadata
    const isDual = spec.ipFamilyPolicy === 'PreferDualStack' || spec.ipFamilyPolicy === 'RequireDualStack'
    return {
      key: keyOf(namespace, name),
      namespace,
      labels: describeMetadata('service', object),
      ports: (spec.ports ?? []).map(({ port, name: portName, protocol }) =>
        flatLabels({
          __address__: formatEndpoint({ host: `${name}.${namespace}.svc`, port }),
          __meta_kubernetes_service_port_name: portName,
          __meta_kubernetes_service_port_number: port,
          __meta_kubernetes_service_port_protocol: protocol,
          ...typeLabels(object as ServiceObject),
        }),
      ),
      primaryFamily: isDual ? spec.ipFamilies?.[0] : undefined,
    }
  },
}

/** What depends on the type of a service. */
function typeLabels({ spec = {}, status }: ServiceObject) {
  const { type, clusterIP, externalName, loadBalancerIP } = spec
  const isExternal = type === 'ExternalName'
  const balancers = (status?.loadBalancer?.ingress ?? []).map(({ ip = '' }) => ip).filter((ip) => ip !== '')
  const balancer = balancers.length === 0 ? loadBalancerIP : balancers.join()
  return {
    __meta_kubernetes_service_type: type,
    __meta_kubernetes_service_external_name: isExternal ? externalName : undefined,
    __meta_kubernetes_service_cluster_ip: isExternal ? undefined : clusterIP,
    __meta_kubernetes_service_loadbalancer_ip: type === 'LoadBalancer' ? balancer : undefined,
  }
}

/** A target for each port of each service, by its name in DNS. */
export const serviceRole: Role<ServiceFacts> = {
  objects: services,
  others: [],
  attachable: ['namespace'],
  selectable: ['service'],
  targets({ namespace, labels, ports }, others) {
    const shared = sharedLabels(namespace, others, labels)
    return ports.map((port) => {
      const own: TargetLabels = new Map()
      addLabels(own, port)
      return finishLabels(own, shared)
    })
  },
}
