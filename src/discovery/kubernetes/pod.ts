import { formatEndpoint } from '#src/http/endpoint.ts'
import type { DiscoveredLabels } from '../discovery.ts'
import { attachControllers, attachNode, controllerOf, sharedLabels, type Controller } from './attached.ts'
import {
  addLabels,
  describeMetadata,
  finishLabels,
  flatLabels,
  type FlatLabels,
  type TargetLabels,
} from './meta-labels.ts'
import { nodes } from './node.ts'
import { keyOf, type ObjectFacts, type OtherObjects, type Role, type Watched } from './role.ts'

/** What is kept of a pod. */
export interface PodFacts extends ObjectFacts {
  readonly namespace: string
  /** Empty while it has none: as it starts, and after it was evicted. */
  readonly ip: string
  readonly nodeName: string
  readonly controller: Controller | undefined
  readonly labels: FlatLabels
  /** Those that run, then those that initialize it. */
  readonly containers: readonly ContainerFacts[]
}

/** What is kept of a container. */
export interface ContainerFacts {
  /** What is told of it, but for its id. */
  readonly labels: FlatLabels
  readonly id: string
  readonly ports: readonly PortFacts[]
}

/** A port that a container declares. */
export interface PortFacts {
  readonly number: number
  readonly name: string
  readonly protocol: string
}

interface PodObject {
  readonly spec?: {
    readonly nodeName?: string
    readonly containers?: readonly Container[]
    readonly initContainers?: readonly Container[]
  }
  readonly status?: {
    readonly podIP?: string
    readonly hostIP?: string
    readonly phase?: string
    readonly conditions?: readonly { readonly type: string; readonly status: string }[]
    readonly containerStatuses?: readonly ContainerStatus[]
    readonly initContainerStatuses?: readonly ContainerStatus[]
  }
}

interface Container {
  readonly name: string
  readonly image?: string
  readonly ports?: readonly {
    readonly containerPort: number
    readonly name?: string
    readonly protocol?: string
  }[]
}

interface ContainerStatus {
  readonly name: string
  readonly containerID?: string
}

/** The pods of a cluster. */
export const pods: Watched<PodFacts> = {
  resource: { group: '', version: 'v1', name: 'pods', namespaced: true },
  facts(object) {
    const { spec = {}, status = {} } = object as PodObject
    const { namespace = '', name, uid } = object.metadata
    const ready = status.conditions?.find(({ type }) => type === 'Ready')?.status ?? 'Unknown'
    const controller = controllerOf(object)
    return {
      key: keyOf(namespace, name),
      namespace,
      ip: status.podIP ?? '',
      nodeName: spec.nodeName ?? '',
      controller,
      labels: [
        ...flatLabels({
          __meta_kubernetes_pod_ip: status.podIP,
          __meta_kubernetes_pod_ready: ready.toLowerCase(),
          __meta_kubernetes_pod_phase: status.phase,
          __meta_kubernetes_pod_node_name: spec.nodeName,
          __meta_kubernetes_pod_host_ip: status.hostIP,
          __meta_kubernetes_pod_uid: uid,
          __meta_kubernetes_pod_controller_kind: controller?.kind,
          __meta_kubernetes_pod_controller_name: controller?.name,
        }),
        ...describeMetadata('pod', object),
      ],
      containers: [
        ...containersOf(spec.containers, status.containerStatuses, false),
        ...containersOf(spec.initContainers, status.initContainerStatuses, true),
      ],
    }
  },
}

function containersOf(
  containers: readonly Container[] = [],
  statuses: readonly ContainerStatus[] = [],
  isInit: boolean,
): ContainerFacts[] {
  return containers.map(({ name, image, ports = [] }) => ({
    labels: flatLabels({
      __meta_kubernetes_pod_container_name: name,
      __meta_kubernetes_pod_container_image: image,
      __meta_kubernetes_pod_container_init: isInit,
    }),
    id: statuses.find((status) => status.name === name)?.containerID ?? '',
    ports: ports.map(({ containerPort, name: portName = '', protocol = '' }) => ({
      number: containerPort,
      name: portName,
      protocol,
    })),
  }))
}

/** A target for each port of each container, and for each container without ports one without a port. */
export const podRole: Role<PodFacts> = {
  objects: pods,
  others: [],
  attachable: ['node', 'namespace', 'deployment', 'job', 'cronjob'],
  selectable: ['pod', 'node'],
  targets(pod, others) {
    if (pod.ip === '') return []
    // What a selector of nodes leaves out is not there; neither are its pods then.
    if (others.attached.node && others.find(nodes, pod.nodeName) === undefined) return []
    const shared = sharedLabels(pod.namespace, others)
    addPodLabels(shared, pod, others)
    attachNode(shared, pod.nodeName, others)
    return pod.containers.flatMap((container) => containerTargets(pod.ip, container, shared))
  },
}

function containerTargets(ip: string, container: ContainerFacts, shared: TargetLabels): DiscoveredLabels[] {
  const { ports } = container
  const made =
    ports.length === 0
      ? [new Map([['__address__', ip]])]
      : ports.map((port) => portTarget(ip, container, port))
  return made.map((own) => {
    addLabels(own, container.labels)
    own.set('__meta_kubernetes_pod_container_id', container.id)
    return finishLabels(own, shared)
  })
}

/** What is told of a pod wherever a target is its own. */
export function addPodLabels(labels: TargetLabels, pod: PodFacts, others: OtherObjects): void {
  addLabels(labels, pod.labels)
  attachControllers(labels, pod.namespace, pod.controller, others)
}

/** The target of a port of a container of the pod with this address. */
export function portTarget(ip: string, container: ContainerFacts, port: PortFacts): TargetLabels {
  const own: TargetLabels = new Map([['__address__', formatEndpoint({ host: ip, port: port.number })]])
  addPortLabels(own, container, port)
  return own
}

/** What is told of a port of a container. */
export function addPortLabels(labels: TargetLabels, container: ContainerFacts, port: PortFacts): void {
  addLabels(labels, container.labels)
  labels.set('__meta_kubernetes_pod_container_port_name', port.name)
  labels.set('__meta_kubernetes_pod_container_port_number', String(port.number))
  labels.set('__meta_kubernetes_pod_container_port_protocol', port.protocol)
}
