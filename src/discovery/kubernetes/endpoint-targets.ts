import { formatEndpoint } from '#src/http/endpoint.ts'
import { attachNode, sharedLabels } from './attached.ts'
import { addLabels, finishLabels, type FlatLabels, type TargetLabels } from './meta-labels.ts'
import { addPodLabels, addPortLabels, pods, portTarget, type PodFacts } from './pod.ts'
import { keyOf, type ObjectFacts, type OtherObjects, type Role } from './role.ts'
import { services } from './service.ts'

/** What is kept of an object that lists endpoints of a service. */
export interface EndpointsFacts extends ObjectFacts {
  readonly namespace: string
  readonly labels: FlatLabels
  /** The name of the service; undefined where it belongs to none. */
  readonly service: string | undefined
  /** IPv4 or IPv6, where all addresses are of one family. */
  readonly family: string | undefined
  readonly subsets: readonly Subset[]
}

/** Endpoints that have the same ports. */
export interface Subset {
  readonly ports: readonly EndpointPort[]
  readonly endpoints: readonly Endpoint[]
}

/** A port of endpoints. */
export interface EndpointPort {
  /** Undefined where all ports are meant. */
  readonly number: number | undefined
  /** What is told as the protocol of the container's port; undefined where that is its own. */
  readonly protocol: string | undefined
  readonly labels: FlatLabels
}

/** What listens at addresses. */
export interface Endpoint {
  readonly addresses: readonly string[]
  readonly labels: FlatLabels
  /** The node whose metadata may be attached. */
  readonly node: string | undefined
  /** The key of the pod, where it is one. */
  readonly pod: string | undefined
}

/** The object behind an endpoint, as Kubernetes refers to it. */
export interface ObjectReference {
  readonly kind?: string
  readonly name?: string
  readonly namespace?: string
}

/** The key of the pod that a reference is to. */
export function podKeyOf({ kind, name = '', namespace = '' }: ObjectReference = {}): string | undefined {
  return kind === 'Pod' ? keyOf(namespace, name) : undefined
}

/** What both roles of endpoints have in common. */
export const endpointRole: Omit<Role<EndpointsFacts>, 'objects' | 'selectable'> = {
  others: [services, pods],
  attachable: ['node', 'namespace', 'deployment', 'job', 'cronjob'],
  targets(object, others) {
    const { namespace, labels, family } = object
    const service =
      object.service === undefined ? undefined : others.find(services, keyOf(namespace, object.service))
    // A service of two families has each endpoint once in each: the first family counts.
    const isSecondary = family !== undefined && family !== (service?.primaryFamily ?? family)
    if (isSecondary) return []
    const shared = sharedLabels(namespace, others, service?.labels, labels)
    return targetsOf(object.subsets, others).map((own) => finishLabels(own, shared))
  },
}

/** A pod behind endpoints, and which of its ports they are. */
interface Backing {
  readonly pod: PodFacts
  readonly ports: Set<number | undefined>
}

/** A target for each address and port; then one for each other port that a pod behind them declares. */
function targetsOf(subsets: readonly Subset[], others: OtherObjects): TargetLabels[] {
  const targets: TargetLabels[] = []
  const backings = new Map<string, Backing>()
  for (const { ports, endpoints } of subsets) {
    for (const endpoint of endpoints) {
      const pod = endpoint.pod === undefined ? undefined : others.find(pods, endpoint.pod)
      for (const port of ports) {
        for (const address of endpoint.addresses) {
          const target = addressTarget(address, port, endpoint, others)
          targets.push(target)
          if (pod === undefined) continue
          const backing = backings.get(pod.key) ?? { pod, ports: new Set() }
          backings.set(pod.key, backing)
          backing.ports.add(port.number)
          addPodLabels(target, pod, others)
          addContainerLabels(target, pod, port)
        }
      }
    }
  }
  return [...targets, ...[...backings.values()].flatMap((backing) => otherPorts(backing, others))]
}

function addressTarget(
  address: string,
  { number, labels }: EndpointPort,
  endpoint: Endpoint,
  others: OtherObjects,
): TargetLabels {
  const place = number === undefined ? address : formatEndpoint({ host: address, port: number })
  const target: TargetLabels = new Map([['__address__', place]])
  addLabels(target, labels)
  addLabels(target, endpoint.labels)
  attachNode(target, endpoint.node, others)
  return target
}

/** Says which container has the port. */
function addContainerLabels(target: TargetLabels, pod: PodFacts, { number, protocol }: EndpointPort): void {
  for (const container of pod.containers) {
    const port = container.ports.find((declared) => declared.number === number)
    if (port !== undefined) addPortLabels(target, container, { ...port, protocol: protocol ?? port.protocol })
  }
}

function otherPorts({ pod, ports }: Backing, others: OtherObjects): TargetLabels[] {
  if (pod.ip === '') return []
  return pod.containers.flatMap((container) =>
    container.ports
      .filter(({ number }) => !ports.has(number))
      .map((port) => {
        const target = portTarget(pod.ip, container, port)
        addPodLabels(target, pod, others)
        return target
      }),
  )
}
