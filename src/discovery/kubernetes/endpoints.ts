import {
  endpointRole,
  podKeyOf,
  type Endpoint,
  type EndpointsFacts,
  type ObjectReference,
} from './endpoint-targets.ts'
import { describeMetadata, flatLabels } from './meta-labels.ts'
import { keyOf, type Role, type Watched } from './role.ts'

interface EndpointsObject {
  readonly subsets?: readonly {
    readonly ports?: readonly { readonly port: number; readonly name?: string; readonly protocol?: string }[]
    readonly addresses?: readonly Address[]
    readonly notReadyAddresses?: readonly Address[]
  }[]
}

interface Address {
  readonly ip: string
  readonly hostname?: string
  readonly nodeName?: string
  readonly targetRef?: ObjectReference
}

const endpoints: Watched<EndpointsFacts> = {
  resource: { group: '', version: 'v1', name: 'endpoints', namespaced: true },
  facts(object) {
    const { namespace = '', name } = object.metadata
    const { subsets = [] } = object as EndpointsObject
    return {
      key: keyOf(namespace, name),
      namespace,
      labels: describeMetadata('endpoints', object),
      service: name,
      family: undefined,
      subsets: subsets.map(({ ports = [], addresses = [], notReadyAddresses = [] }) => ({
        ports: ports.map(({ port, name: portName, protocol }) => ({
          number: port,
          protocol,
          labels: flatLabels({
            __meta_kubernetes_endpoint_port_name: portName,
            __meta_kubernetes_endpoint_port_protocol: protocol,
          }),
        })),
        endpoints: [
          ...addresses.map((address) => endpointOf(address, true)),
          ...notReadyAddresses.map((address) => endpointOf(address, false)),
        ],
      })),
    }
  },
}

function endpointOf({ ip, hostname, nodeName, targetRef }: Address, ready: boolean): Endpoint {
  return {
    addresses: [ip],
    labels: flatLabels({
      __meta_kubernetes_endpoint_ready: ready,
      __meta_kubernetes_endpoint_hostname: hostname,
      __meta_kubernetes_endpoint_node_name: nodeName,
      __meta_kubernetes_endpoint_address_target_kind: targetRef?.kind,
      __meta_kubernetes_endpoint_address_target_name: targetRef?.name,
    }),
    node: nodeName ?? (targetRef?.kind === 'Node' ? targetRef.name : undefined),
    pod: podKeyOf(targetRef),
  }
}

/** A target for each address and port of each Endpoints object. */
export const endpointsRole: Role<EndpointsFacts> = {
  ...endpointRole,
  objects: endpoints,
  selectable: ['pod', 'service', 'endpoints'],
}
