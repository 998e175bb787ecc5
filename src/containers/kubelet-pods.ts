import type { ContainerState, KnownIdentity, PodIdentity } from './container-identity.ts'
import {
  foreignCount,
  foreignLabels,
  foreignList,
  foreignObject,
  foreignText,
  foreignTime,
} from './foreign-text.ts'
import type { IdentitySource, KnownContainers } from './identity-source.ts'

/** Far more than a node has. */
const mostPods = 5000
const mostContainersOfPod = 500

/** Of a static pod the API has another UID than the kubelet, its cgroups and its logs, which have this hash. */
export const manifestHash = 'kubernetes.io/config.hash'

/** Where the status of a pod tells of its containers. */
export const statusLists = [
  'containerStatuses',
  'initContainerStatuses',
  'ephemeralContainerStatuses',
] as const

/** `containerd://ID`, `docker://ID`, `cri-o://ID`. */
const idForm = /^(?<runtime>[a-z][a-z0-9-]{0,40}):\/\/(?<id>[A-Za-z0-9][A-Za-z0-9_.-]{0,127})$/

/**
 * Reads a list of pods (`v1.PodList`), as the kubelet's `/pods` and the API server have it: what is malformed is left out.
 *
 * @param body the parsed JSON
 */
export function identitiesOfPodList(body: unknown): KnownContainers {
  const containers: KnownIdentity[] = []
  const pods: PodIdentity[] = []
  for (const item of foreignList(foreignObject(body)['items'], mostPods)) {
    const pod = podOf(foreignObject(item))
    if (pod.podUid === '' || pod.pod === '') continue
    pods.push(pod)
    const status = foreignObject(foreignObject(item)['status'])
    for (const list of statusLists) {
      for (const each of foreignList(status[list], mostContainersOfPod))
        containers.push(...containerOf(foreignObject(each), pod))
    }
  }
  return { containers, pods }
}

/** The kubelet as a source of identities. */
export class KubeletPods implements IdentitySource {
  readonly address: string
  readonly #fetch: (signal: AbortSignal) => Promise<unknown>
  readonly #close: () => void

  /**
   * @param address of the kubelet, for messages
   * @param fetchPods gives the parsed body of `/pods`
   * @param close closes the client, where nobody else does
   */
  constructor(
    address: string,
    fetchPods: (signal: AbortSignal) => Promise<unknown>,
    close: () => void = () => undefined,
  ) {
    this.address = address
    this.#fetch = fetchPods
    this.#close = close
  }

  async list(signal: AbortSignal): Promise<KnownContainers> {
    return identitiesOfPodList(await this.#fetch(signal))
  }

  close(): void {
    this.#close()
  }
}

function podOf(pod: Readonly<Record<string, unknown>>): PodIdentity {
  const metadata = foreignObject(pod['metadata'])
  const hash = foreignText(foreignObject(metadata['annotations'])[manifestHash])
  return {
    pod: foreignText(metadata['name']),
    namespace: foreignText(metadata['namespace']),
    podUid: hash === '' ? foreignText(metadata['uid']) : hash,
    sandboxId: '',
    sandboxPid: undefined,
    hostNetwork: foreignObject(pod['spec'])['hostNetwork'] === true,
    labels: foreignLabels(Object.entries(foreignObject(metadata['labels']))),
  }
}

function containerOf(status: Readonly<Record<string, unknown>>, pod: PodIdentity): KnownIdentity[] {
  const { runtime, id } = idForm.exec(foreignText(status['containerID']))?.groups ?? {}
  if (id === undefined) return []
  const state = foreignObject(status['state'])
  const terminated = foreignObject(state['terminated'])
  const running = foreignObject(state['running'])
  return [
    {
      id,
      runtime: runtime ?? '',
      pod: pod.pod,
      namespace: pod.namespace,
      podUid: pod.podUid,
      container: foreignText(status['name']),
      image: foreignText(status['image']),
      imageId: foreignText(status['imageID']),
      name: id,
      state: stateOf(state),
      startedAt: foreignTime(running['startedAt']) ?? foreignTime(terminated['startedAt']),
      finishedAt: foreignTime(terminated['finishedAt']),
      exitCode: foreignCount(terminated['exitCode']),
      exitReason: foreignText(terminated['reason']),
      restarts: foreignCount(status['restartCount']),
      hostNetwork: pod.hostNetwork,
    },
  ]
}

function stateOf(state: Readonly<Record<string, unknown>>): ContainerState {
  if ('running' in state) return 'running'
  if ('terminated' in state) return 'exited'
  return 'waiting' in state ? 'created' : 'unknown'
}
