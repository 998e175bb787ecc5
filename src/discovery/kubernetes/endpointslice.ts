import { endpointRole, podKeyOf, type EndpointsFacts, type ObjectReference } from './endpoint-targets.ts'
import { describeMetadata, flatLabels, labelName, type FlatLabels } from './meta-labels.ts'
import { keyOf, type Role, type Watched } from './role.ts'

interface SliceObject {
  readonly addressType?: string
  // Go writes an empty list as null.
  readonly ports?: readonly Port[] | null
  readonly endpoints?: readonly SliceEndpoint[] | null
}

interface Port {
  readonly port?: number
  readonly name?: string
  readonly protocol?: string
  readonly appProtocol?: string
}

interface SliceEndpoint {
  readonly addresses?: readonly string[]
  readonly conditions?: {
    readonly ready?: boolean
    readonly serving?: boolean
    readonly terminating?: boolean
  }
  readonly hostname?: string
  readonly nodeName?: string
  readonly zone?: string
  readonly targetRef?: ObjectReference
  readonly deprecatedTopology?: Readonly<Record<string, string>>
}

const slices: Watched<EndpointsFacts> = {
  resource: { group: 'discovery.k8s.io', version: 'v1', name: 'endpointslices', namespaced: true },
  facts(object) {
    const { namespace = '', name, labels } = object.metadata
    const { addressType, ports, endpoints } = object as SliceObject
    return {
      key: keyOf(namespace, name),
      namespace,
      labels: [
        ...flatLabels({
          __meta_kubernetes_endpointslice_address_type: addressType,
        }),
        ...describeMetadata('endpointslice', object),
      ],
      service: labels?.['kubernetes.io/service-name'],
      family: addressType,
      subsets: [
        {
          ports: (ports ?? []).map((port) => ({
            number: port.port,
            protocol: undefined,
            labels: portLabels(port),
          })),
          endpoints: (endpoints ?? []).map((endpoint) => {
            const { addresses = [], nodeName, targetRef } = endpoint
            return {
              addresses,
              labels: endpointLabels(endpoint),
              node: targetRef?.kind === 'Node' ? targetRef.name : nodeName,
              pod: podKeyOf(targetRef),
            }
          }),
        },
      ],
    }
  },
}

function portLabels({ port, name, protocol, appProtocol }: Port): FlatLabels {
  return flatLabels({
    __meta_kubernetes_endpointslice_port: port,
    __meta_kubernetes_endpointslice_port_name: name,
    __meta_kubernetes_endpointslice_port_protocol: protocol,
    __meta_kubernetes_endpointslice_port_app_protocol: appProtocol,
  })
}

function endpointLabels(endpoint: SliceEndpoint): FlatLabels {
  const { conditions = {}, hostname, nodeName, zone, targetRef, deprecatedTopology = {} } = endpoint
  const { ready, serving, terminating } = conditions
  return [
    ...flatLabels({
      __meta_kubernetes_endpointslice_endpoint_conditions_ready: ready,
      __meta_kubernetes_endpointslice_endpoint_conditions_serving: serving,
      __meta_kubernetes_endpointslice_endpoint_conditions_terminating: terminating,
      __meta_kubernetes_endpointslice_endpoint_hostname: hostname,
      __meta_kubernetes_endpointslice_endpoint_node_name: nodeName,
      __meta_kubernetes_endpointslice_endpoint_zone: zone,
      __meta_kubernetes_endpointslice_address_target_kind: targetRef?.kind,
      __meta_kubernetes_endpointslice_address_target_name: targetRef?.name,
    }),
    ...Object.entries(deprecatedTopology).flatMap(([key, value]) => {
      const label = labelName(key)
      return flatLabels({
        [`__meta_kubernetes_endpointslice_endpoint_topology_${label}`]: value,
        [`__meta_kubernetes_endpointslice_endpoint_topology_present_${label}`]: true,
      })
    }),
  ]
}

/** A target for each address and port of each EndpointSlice. */
export const endpointSliceRole: Role<EndpointsFacts> = {
  ...endpointRole,
  objects: slices,
  selectable: ['pod', 'service', 'endpointslice'],
}
