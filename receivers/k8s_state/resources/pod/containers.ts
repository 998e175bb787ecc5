import type { V1Container, V1ContainerStatus } from '@kubernetes/client-node'
import type { Wire } from '#src/kubernetes/wire.ts'
import type { AttributeList } from '#src/model/attribute-set.ts'
import type { ObjectPart } from '../../state-resource.ts'
import type { Pod } from './pod.ts'

/** What an API server may leave out, or leaves out of a status that is not whole yet, is optional. */
type Named<Content extends { readonly name: string }> = Pick<Content, 'name'> & Partial<Content>

export type Container = Named<Wire<V1Container>>
export type ContainerStatus = Named<Wire<V1ContainerStatus>>

/** Containers of pods that names tell apart: those that do the work, and those that run before. */
export interface ContainerGroup {
  /** What their names begin with in `prometheus`. */
  readonly prefix: string
  readonly isInit: boolean
  containers(pod: Pod): readonly Container[]
  statuses(pod: Pod): readonly ContainerStatus[]
}

export const mainContainers: ContainerGroup = {
  prefix: 'kube_pod_container',
  isInit: false,
  containers: ({ spec }) => spec?.containers ?? [],
  statuses: ({ status }) => status?.containerStatuses ?? [],
}

export const initContainers: ContainerGroup = {
  prefix: 'kube_pod_init_container',
  isInit: true,
  containers: ({ spec }) => spec?.initContainers ?? [],
  statuses: ({ status }) => status?.initContainerStatuses ?? [],
}

const parts = new WeakMap<Pod, Map<string, ObjectPart>>()

/** A container as a resource of its own: one and the same for all facts of it. */
export function partOf(pod: Pod, name: string): ObjectPart {
  let known = parts.get(pod)
  if (known === undefined) parts.set(pod, (known = new Map()))
  let part = known.get(name)
  if (part === undefined) known.set(name, (part = new ContainerPart(pod, name)))
  return part
}

class ContainerPart implements ObjectPart {
  readonly #pod: Pod
  readonly #name: string

  constructor(pod: Pod, name: string) {
    this.#pod = pod
    this.#name = name
  }

  /** What the Collector says of a container. The runtime stands before the id: `containerd://ID`. */
  otel(): AttributeList {
    const name = this.#name
    const container = mainContainers.containers(this.#pod).find((each) => each.name === name)
    const status = mainContainers.statuses(this.#pod).find((each) => each.name === name)
    const id = status?.containerID?.replace(/^[\w-]{1,40}:\/\//, '') ?? ''
    return [
      'k8s.container.name',
      name,
      ...(id === '' ? [] : ['container.id', id]),
      ...imageAttributes(imageOf(status?.image, container?.image)),
    ]
  }

  semconv(): AttributeList {
    return ['k8s.container.name', this.#name]
  }
}

/** Some runtimes know an image by its digest only; then what was asked for says more. */
function imageOf(known: string | undefined, wanted: string | undefined): string | undefined {
  return known === undefined || known === '' || /^[a-z0-9]{1,20}:[0-9a-f]{32,}$/.test(known)
    ? (wanted ?? known)
    : known
}

/** An image is called `REGISTRY:PORT/REPOSITORY:TAG@DIGEST`, where all but the repository may be missing. */
function imageAttributes(image = ''): AttributeList {
  const [reference = ''] = image.split('@', 1)
  if (reference === '') return []
  const colon = reference.lastIndexOf(':')
  const isTagged = colon > reference.lastIndexOf('/')
  const [name, tag] = isTagged
    ? [reference.slice(0, colon), reference.slice(colon + 1)]
    : [reference, 'latest']
  return ['container.image.name', name, 'container.image.tag', tag]
}
