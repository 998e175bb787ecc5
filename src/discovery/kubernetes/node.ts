import { formatEndpoint } from '#src/http/endpoint.ts'
import {
  addLabels,
  describeMetadata,
  finishLabels,
  flatLabels,
  labelName,
  type FlatLabels,
} from './meta-labels.ts'
import type { ObjectFacts, Role, Watched } from './role.ts'

/** What is kept of a node. */
interface NodeFacts extends ObjectFacts {
  /** Its name, labels and annotations: what is attached to others. */
  readonly metadata: FlatLabels
  /** What else is told of it as a target. */
  readonly labels: FlatLabels
  /** Where its kubelet is; undefined where it says no address. */
  readonly address: string | undefined
}

interface NodeObject {
  readonly spec?: { readonly providerID?: string }
  readonly status?: {
    readonly conditions?: readonly { readonly type: string; readonly status: string }[]
    readonly addresses?: readonly { readonly type: string; readonly address: string }[]
    readonly daemonEndpoints?: { readonly kubeletEndpoint?: { readonly Port?: number } }
  }
}

/** Types of addresses, the best first. */
const addressTypes = [
  'InternalIP',
  'InternalDNS',
  'ExternalIP',
  'ExternalDNS',
  'LegacyHostIP',
  'Hostname',
] as const

/** The nodes of a cluster. */
export const nodes: Watched<NodeFacts> = {
  resource: { group: '', version: 'v1', name: 'nodes', namespaced: false },
  facts(object) {
    const { spec, status } = object as NodeObject
    const { conditions = [], addresses = [], daemonEndpoints } = status ?? {}
    // Of each type the first one counts.
    const byType = new Map(addresses.toReversed().map(({ type, address }) => [type, address]))
    const host = addressTypes.map((type) => byType.get(type)).find((address) => address !== undefined)
    const port = daemonEndpoints?.kubeletEndpoint?.Port ?? 0
    return {
      key: object.metadata.name,
      metadata: describeMetadata('node', object),
      labels: [
        ...flatLabels({ __meta_kubernetes_node_provider_id: spec?.providerID }),
        ...conditions.flatMap(({ type, status: is }) => [
          `__meta_kubernetes_node_condition_${labelName(type.toLowerCase())}`,
          is.toLowerCase(),
        ]),
        ...[...byType].flatMap(([type, address]) => [
          `__meta_kubernetes_node_address_${labelName(type)}`,
          address,
        ]),
      ],
      address: host === undefined ? undefined : formatEndpoint({ host, port }),
    }
  },
}

/** A target for each node: its kubelet. */
export const nodeRole: Role<NodeFacts> = {
  objects: nodes,
  others: [],
  attachable: [],
  selectable: ['node'],
  targets({ key, metadata, labels, address }) {
    if (address === undefined) return []
    const own = new Map([
      ['__address__', address],
      ['instance', key],
    ])
    addLabels(own, labels)
    addLabels(own, metadata)
    return [finishLabels(own, new Map())]
  },
}
